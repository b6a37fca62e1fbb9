// A receiver of webhooks that checks what each chat service checks and answers as it does.
// Prints its port, then a line of JSON for every request. Secrets: "s3cret" for all that sign.
import { createHmac } from "node:crypto";
import { createServer } from "node:http";

const SECRET = "s3cret";
const mac = (key, text) => createHmac("sha256", key).update(text);
const isNow = (seconds) => Math.abs(Date.now() / 1000 - seconds) < 3600;
let asked = 0;

const services = {
  generic(request, body) {
    const at = request.headers["x-hangup-timestamp"];
    const wanted = `sha256=${mac(SECRET, `${at}.${body}`).digest("hex")}`;
    const ok = request.headers["x-hangup-signature"] === wanted && isNow(Number(at));
    return ok && JSON.parse(body).event ? [204, ""] : [401, "wrong signature"];
  },
  slack(_, body) {
    return typeof JSON.parse(body).text === "string" ? [200, "ok"] : [400, "invalid_payload"];
  },
  teams(_, body) {
    const card = JSON.parse(body).attachments?.[0];
    const ok = card?.contentType === "application/vnd.microsoft.card.adaptive" && card.content.body.length > 0;
    return ok ? [202, ""] : [400, "no adaptive card"];
  },
  dingtalk(request, body) {
    const query = new URL(request.url, "http://x").searchParams;
    const at = query.get("timestamp");
    const ok = query.get("access_token") === "t" && query.get("sign") === mac(SECRET, `${at}\n${SECRET}`).digest("base64");
    if (!ok || !isNow(Number(at) / 1000)) return [200, '{"errcode":310000,"errmsg":"sign not match"}'];
    const message = JSON.parse(body);
    return [200, message.markdown?.title && message.markdown.text ? '{"errcode":0,"errmsg":"ok"}' : '{"errcode":40035}'];
  },
  feishu(_, body) {
    const message = JSON.parse(body);
    const ok = message.sign === mac(`${message.timestamp}\n${SECRET}`, "").digest("base64") && isNow(Number(message.timestamp));
    if (!ok) return [200, '{"code":19021,"msg":"sign match fail or timestamp is not within one hour from current time"}'];
    return [200, message.content?.text ? '{"code":0,"msg":"success"}' : '{"code":9499,"msg":"Bad Request"}'];
  },
  wecom(_, body) {
    const content = JSON.parse(body).markdown?.content ?? "";
    const ok = content !== "" && Buffer.byteLength(content) <= 4096;
    return [200, ok ? '{"errcode":0,"errmsg":"ok"}' : '{"errcode":40058,"errmsg":"content exceed max length"}'];
  },
  // Broken, then full, then well.
  flaky() {
    asked += 1;
    if (asked === 1) return [500, "down"];
    return asked === 2 ? [429, "slow down", { "retry-after": "1" }] : [200, "ok"];
  },
  gone() {
    return [410, "no such hook"];
  },
};

const server = createServer((request, response) => {
  const chunks = [];
  request.on("data", (chunk) => chunks.push(chunk));
  request.on("end", () => {
    const body = Buffer.concat(chunks).toString();
    const service = new URL(request.url, "http://x").pathname.slice(1);
    const [status, text, headers] = services[service]?.(request, body) ?? [404, ""];
    console.log(JSON.stringify({ service, status, answer: text, body }));
    response.writeHead(status, headers).end(text);
  });
});
server.listen(0, "127.0.0.1", () => console.log(String(server.address().port)));
