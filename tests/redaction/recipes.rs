//! Secrets of many kinds, and the lines they stand in.

use crate::lots::{Lots, check_digit, citizen_number};

/// A kind of secret: how it is made, and the lines it stands in (`@` is its place).
pub(crate) type Recipe = (&'static str, fn(&mut Lots) -> String, &'static [&'static str]);

const LOGGED: &[&str] = &[
    "2026-11-28T10:15:00Z ERROR api: call failed, credential @ was rejected",
    "Nov 28 10:15:00 web-1 app[812]: using key @",
    "{\"level\":\"debug\",\"msg\":\"config\",\"value\":\"@\"}",
    "export API=@",
    "curl -H 'X-Api-Key: @' https://api.example.com/v1",
    "请求失败，密钥为@，请检查",
];

const PASSWORDS: &[&str] = &[
    "DB_PASSWORD=@",
    "spring.datasource.password=@",
    "  password: @",
    "\"password\": \"@\",",
    "'passwd' => '@',",
    "2026-11-28 10:15:00 DEBUG connect host=db user=app password=@ dbname=shop",
    "export PGPASSWORD='@'",
    "<add key=\"Password\" value=\"x\" password=\"@\"/>",
    "<password>@</password>",
    "Server=db;Database=shop;Uid=app;Pwd=@;SslMode=None",
    "jdbc:mysql://db:3306/shop?user=app&password=@&useSSL=false",
    "environment: { \"MYSQL_ROOT_PASSWORD\": \"@\" }",
    "config = {'user': 'app', 'password': '@', 'host': 'db'}",
    "login failed {\\\"username\\\":\\\"bob\\\",\\\"password\\\":\\\"@\\\"}",
    "管理员密码：@",
    "smtp_pass = @",
];

pub(crate) const RECIPES: &[Recipe] = &[
    ("password", Lots::password, PASSWORDS),
    (
        "url password",
        |l| l.alnum(14),
        &[
            "postgres://app:@@db.example.com:5432/shop",
            "DATABASE_URL=mysql://root:@@192.0.2.9/shop",
            "redis://:@@cache:6379/0",
            "error: cannot open amqp://guest:@@mq:5672/",
            "fatal: unable to access 'https://bob:@@git.example.com/x.git/'",
            "app:@@tcp(db:3306)/shop?parseTime=true",
            "proxy http://user:@@proxy.example.com:3128 refused",
            "mongodb+srv://app:@@cluster0.example.net/x",
        ],
    ),
    (
        "command password",
        Lots::password,
        &[
            "root 812 mysql -uroot -p@ shop",
            "sshpass -p @ ssh deploy@host",
            "curl -u 'bob:@' https://api.example.com",
            "redis-cli -h cache -a @ ping",
            "mysqldump --user=root --password=@ shop",
            "app --db-password @ --port 80",
            "openssl rsa -passin pass:@ -in key.pem",
            "docker login -u bob -p @ registry.example.com",
            "ExecStart=/usr/bin/app --token=@",
            "[\"app\", \"--password\", \"@\"]",
            "ldapsearch -D cn=admin -w @ -b dc=example",
        ],
    ),
    (
        "statement password",
        Lots::password,
        &[
            "CREATE USER 'app'@'%' IDENTIFIED BY '@';",
            "ALTER USER app WITH PASSWORD '@';",
            "SET PASSWORD FOR 'app' = PASSWORD('@');",
            "1700000000.1 [0 192.0.2.4:1234] \"AUTH\" \"@\"",
            "requirepass @",
            "machine example.com login bob password @",
        ],
    ),
    (
        "bearer",
        |l| l.alnum(40),
        &[
            "> Authorization: Bearer @",
            "authorization: Bearer @",
            "{\"authorization\":\"Bearer @\",\"accept\":\"*/*\"}",
            "headers={'Authorization': 'Bearer @', 'Accept': '*/*'}",
            "curl -H \"Authorization: Bearer @\" https://x",
            "got bearer @ from gateway",
            "[debug] Authorization=[Bearer @]",
            "{\"name\":\"Authorization\",\"value\":\"Bearer @\"}",
        ],
    ),
    (
        "basic",
        |l| format!("{}==", l.alnum(22)),
        &[
            "> Authorization: Basic @",
            "Proxy-Authorization: Basic @",
            "'Authorization': 'Basic @'",
            "authorization=[\"Basic @\"]",
        ],
    ),
    (
        "digest",
        |l| l.hex(32),
        &[
            "Authorization: Digest username=\"bob\", realm=\"x\", nonce=\"n\", uri=\"/\", response=\"@\"",
        ],
    ),
    (
        "cookie",
        |l| l.alnum(26),
        &[
            "> Cookie: theme=dark; sid=@",
            "Cookie: PHPSESSID=@; lang=en",
            "\"cookie\": \"sid=@; theme=dark\",",
            "curl -b x -H 'Cookie: auth=@' https://x",
            "{\"name\":\"Cookie\",\"value\":\"a=b; c=@\"}",
            "req.headers.cookie: sess=@",
        ],
    ),
    (
        "set-cookie",
        |l| l.alnum(26),
        &[
            "< Set-Cookie: sid=@; Path=/; HttpOnly",
            "\"set-cookie\": [\"id=@; Max-Age=3600\"]",
            "set-cookie: token=@",
        ],
    ),
    (
        "header secret",
        |l| l.alnum(32),
        &[
            "X-Api-Key: @",
            "> x-auth-token: @",
            "X-Amz-Security-Token: @",
            "\"X-Session-Id\": \"@\"",
            "x-vault-token: @",
            "X-Goog-Api-Key: @",
            "PRIVATE-TOKEN: @",
        ],
    ),
    (
        "query token",
        |l| l.alnum(24),
        &[
            "GET /cb?code=@&state=x HTTP/1.1",
            "\"GET /download?token=@ HTTP/1.1\" 200 12",
            "https://x.example.com/f?access_token=@&v=1",
            "GET /blob?sv=2022&sig=@&se=2026 HTTP/1.1",
            "grant_type=refresh_token&refresh_token=@&client_id=a",
            "POST body: user=bob&api_key=@&x=1",
            "https://maps.example.com/api?key=@",
            "https://x/y?X-Amz-Signature=@&X-Amz-Date=1",
        ],
    ),
    (
        "saml",
        |l| format!("PHNhbWxw{}==", l.alnum(80)),
        &[
            "SAMLResponse=@&RelayState=x",
            "GET /sso?SAMLRequest=@ HTTP/1.1",
            "\"SAMLResponse\":\"@\"",
        ],
    ),
    (
        "session id",
        |l| l.alnum(32),
        &[
            "JSESSIONID=@",
            "GET /;jsessionid=@ HTTP/1.1",
            "session_id=@ expired",
            "\"sessionId\": \"@\"",
            "connect.sid=@",
            "sessionid: @",
        ],
    ),
    ("jwt", |l| format!("eyJhbGciOiJIUzI1NiJ9.eyJzdWIi{}.{}", l.alnum(30), l.alnum(43)), LOGGED),
    (
        "private key",
        |l| format!("{}\n{}\n{}", l.alnum(64), l.alnum(64), l.alnum(40)),
        &[
            "-----BEGIN RSA PRIVATE KEY-----\n@\n-----END RSA PRIVATE KEY-----",
            "-----BEGIN OPENSSH PRIVATE KEY-----\n@\n-----END OPENSSH PRIVATE KEY-----",
            "key: |\n-----BEGIN EC PRIVATE KEY-----\n@\n-----END EC PRIVATE KEY-----",
            "-----BEGIN PRIVATE KEY-----\n@\n",
        ],
    ),
    ("aws key id", |l| format!("{}{}", l.pick(&["AKIA", "ASIA"]), l.upper(16)), LOGGED),
    (
        "aws secret",
        |l| l.alnum(40),
        &[
            "aws_secret_access_key = @",
            "AWS_SECRET_ACCESS_KEY=@",
            "\"SecretAccessKey\": \"@\",",
            "secretKey: '@'",
            "export AWS_SECRET_KEY=@",
        ],
    ),
    (
        "google",
        |l| {
            if l.below(2) == 0 {
                format!("AIza{}", l.alnum(35))
            } else {
                format!("ya29.{}", l.alnum(60))
            }
        },
        LOGGED,
    ),
    (
        "azure",
        |l| format!("{}==", l.alnum(86)),
        &[
            "DefaultEndpointsProtocol=https;AccountName=x;AccountKey=@;EndpointSuffix=core.windows.net",
            "Endpoint=sb://x.servicebus.windows.net/;SharedAccessKeyName=Root;SharedAccessKey=@",
        ],
    ),
    ("alibaba", |l| format!("LTAI{}", l.alnum(20)), LOGGED),
    ("tencent", |l| format!("AKID{}", l.alnum(32)), LOGGED),
    (
        "github",
        |l| {
            if l.below(2) == 0 {
                format!("gh{}_{}", l.pick(&["p", "o", "s", "u"]), l.alnum(36))
            } else {
                format!("github_pat_{}", l.alnum(60))
            }
        },
        LOGGED,
    ),
    ("gitlab", |l| format!("glpat-{}", l.alnum(20)), LOGGED),
    (
        "slack",
        |l| format!("xox{}-{}-{}", l.pick(&["b", "p", "a"]), l.digits(12), l.alnum(24)),
        LOGGED,
    ),
    ("stripe", |l| format!("{}_live_{}", l.pick(&["sk", "rk"]), l.alnum(24)), LOGGED),
    (
        "ai service",
        |l| format!("sk-{}{}", l.pick(&["", "proj-", "ant-api03-"]), l.alnum(48)),
        LOGGED,
    ),
    (
        "registry",
        |l| {
            if l.below(2) == 0 {
                format!("npm_{}", l.alnum(36))
            } else {
                format!("dckr_pat_{}", l.alnum(27))
            }
        },
        LOGGED,
    ),
    ("vault", |l| format!("hvs.{}", l.alnum(24)), LOGGED),
    ("mail service", |l| format!("SG.{}.{}", l.alnum(22), l.alnum(43)), LOGGED),
    (
        "bot",
        |l| format!("{}:AA{}", l.digits(10), l.alnum(33)),
        &["https://api.telegram.org/bot@/getMe", "telegram bot @ started", "TELEGRAM=@"],
    ),
    (
        "webhook",
        |l| l.alnum(40),
        &[
            "POST https://hooks.slack.com/services/@ 200",
            "https://oapi.dingtalk.com/robot/send?access_token=@",
            "https://open.feishu.cn/open-apis/bot/v2/hook/@",
            "https://qyapi.weixin.qq.com/cgi-bin/webhook/send?key=@",
            "https://discord.com/api/webhooks/1234567890/@",
        ],
    ),
    (
        "other service",
        |l| {
            if l.below(2) == 0 {
                format!("dop_v1_{}", l.hex(64))
            } else {
                format!("shpat_{}", l.hex(32))
            }
        },
        LOGGED,
    ),
    (
        "password hash",
        |l| format!("$6${}${}", l.alnum(8), l.alnum(86)),
        &["bob:@:19000:0:99999:7:::", "hash mismatch: @", "IDENTIFIED WITH x AS '@'"],
    ),
    (
        "named token",
        |l| l.alnum(30),
        &[
            "token=@",
            "auth_token: @",
            "\"refreshToken\":\"@\"",
            "CSRF_TOKEN=@",
            "VAULT_TOKEN=@",
            "kubectl --token=@ get pods",
            "access_token => '@'",
            "令牌：@",
        ],
    ),
    (
        "named secret",
        |l| l.hex(40),
        &[
            "CLIENT_SECRET=@",
            "\"client_secret\": \"@\"",
            "oauth.secret=@",
            "secret_key_base: @",
            "- name: APP_SECRET\n  value: @",
            "JWT_SECRET='@'",
        ],
    ),
    (
        "api key",
        |l| l.hex(32),
        &["api_key=@", "apiKey: '@'", "\"api-key\":\"@\"", "X_API_KEY=@", "appkey apikey=@ ok"],
    ),
    (
        "snmp",
        |l| l.alnum(10),
        &["snmp-server community @ RO", "snmpwalk -v2c -c @ 192.0.2.3", "rocommunity @"],
    ),
    ("wifi", |l| l.alnum(12), &["    psk=\"@\"", "wpa_passphrase=@", "wifi-sec.psk: @"]),
    ("vpn", |l| format!("{}=", l.alnum(43)), &["PrivateKey = @", "PresharedKey = @"]),
    (
        "e-mail",
        |l| {
            format!(
                "{}.{}@{}.example.com",
                l.text("abcdefghij", 5),
                l.text("klmnopqrst", 6),
                l.text("abc", 3)
            )
        },
        &[
            "mail to @ bounced",
            "user=@ login ok",
            "{\"email\":\"@\"}",
            "<@>: Recipient address rejected",
            "GET /u?email=@ HTTP/1.1",
            "用户@登录失败",
        ],
    ),
    (
        "IPv4",
        |l| format!("203.0.113.{}", 1 + l.below(250)),
        &[
            "client @ connected",
            "from @:51514 to x",
            "peer=@,",
            "[@]",
            "http://@:8080/x",
            "Connection to @ closed.",
        ],
    ),
    (
        "IPv6",
        |l| {
            format!(
                "2001:db8:{}:{}::{}",
                l.text("123456789", 3),
                l.text("123456789", 4),
                l.text("123456789", 3)
            )
        },
        &["client [@]:443", "from @ port 22", "addr=@,"],
    ),
    (
        "mac",
        |l| {
            let h: Vec<String> = (0..5).map(|_| l.hex(2)).collect();
            format!("52:{}", h.join(":"))
        },
        &["link/ether @ brd ff:ff:ff:ff:ff:ff", "DHCPACK to @ via eth0", "mac=@"],
    ),
    (
        "mobile",
        |l| format!("1{}{}", l.pick(&["38", "59", "77", "86"]), l.digits(8)),
        &["sms to @ failed", "phone=@", "\"mobile\":\"@\"", "用户@注册", "+86 @ called"],
    ),
    (
        "card",
        |l| {
            let mut d = format!("4{}", l.digits(14));
            d.push(check_digit(&d));
            d
        },
        &["card @ declined", "\"pan\":\"@\"", "cc=@"],
    ),
    ("national id", citizen_number, &["身份证@核验失败", "idcard=@", "\"idNo\":\"@\""]),
];
