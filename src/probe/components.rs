//! Which product spoke: from header fields and greetings to component ids of the knowledge base.

use super::http::Hop;

/// Substring of a field's value, lower case → component. Order matters: first match per field.
const VALUES: &[(&str, &str, &str)] = &[
    ("server", "awselb", "aws-alb"),
    ("server", "cloudflare", "cloudflare"),
    ("server", "cloudfront", "aws-cloudfront"),
    ("server", "akamai", "akamai"),
    ("server", "google frontend", "gcp-lb"),
    ("server", "gws", "gcp-lb"),
    ("server", "istio-envoy", "envoy"),
    ("server", "envoy", "envoy"),
    ("server", "openresty", "nginx"),
    ("server", "tengine", "nginx"),
    ("server", "nginx", "nginx"),
    ("server", "apache-coyote", "tomcat"),
    ("server", "apache", "apache"),
    ("server", "microsoft-iis", "iis"),
    ("server", "kestrel", "kestrel"),
    ("server", "haproxy", "haproxy"),
    ("server", "caddy", "caddy"),
    ("server", "squid", "squid"),
    ("server", "varnish", "varnish"),
    ("server", "gunicorn", "gunicorn"),
    ("server", "uvicorn", "uvicorn"),
    ("server", "hypercorn", "python"),
    ("server", "werkzeug", "python"),
    ("server", "python", "python"),
    ("server", "jetty", "jetty"),
    ("server", "litespeed", "litespeed"),
    ("server", "kong", "kong"),
    ("server", "cowboy", "erlang"),
    ("via", "cloudfront", "aws-cloudfront"),
    ("via", "varnish", "varnish"),
    ("via", "squid", "squid"),
    ("via", "google", "gcp-lb"),
    ("via", "kunlun", "alibaba-cdn"),
    ("via", "envoy", "envoy"),
    ("via", "haproxy", "haproxy"),
    ("via", "caddy", "caddy"),
    ("x-powered-by", "express", "node"),
    ("x-powered-by", "next.js", "node"),
    ("x-powered-by", "php", "php-fpm"),
    ("x-powered-by", "asp.net", "iis"),
    ("x-served-by", "cache-", "fastly"),
];

/// Fields whose presence alone tells.
const FIELDS: &[(&str, &str)] = &[
    ("cf-ray", "cloudflare"),
    ("x-amz-cf-id", "aws-cloudfront"),
    ("x-envoy-upstream-service-time", "envoy"),
    ("x-kong-proxy-latency", "kong"),
    ("x-azure-ref", "azure-front-door"),
    ("x-varnish", "varnish"),
    ("x-amz-apigw-id", "aws-api-gateway"),
];

/// The components that an answer's header names, with the field that says so.
pub(super) fn of_http(hop: &Hop) -> Vec<(&'static str, String)> {
    let mut found: Vec<(&'static str, String)> = Vec::new();
    for (name, value) in &hop.fields {
        let lower = value.to_ascii_lowercase();
        let by_value = VALUES
            .iter()
            .find(|(field, part, _)| field == name && lower.contains(part))
            .map(|(.., id)| *id);
        let by_field = FIELDS.iter().find(|(field, _)| field == name).map(|(_, id)| *id);
        for id in by_value.into_iter().chain(by_field) {
            if found.iter().all(|(known, _)| *known != id) {
                found.push((id, format!("{name}: {value}")));
            }
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_load_balancer_and_the_server_behind_it_are_both_named() {
        let fields = [
            ("server", "nginx/1.22.1"),
            ("via", "1.1 abc.cloudfront.net (CloudFront)"),
            ("x-amz-cf-id", "x"),
        ];
        let fields = fields.map(|(name, value)| (name.to_owned(), value.to_owned())).to_vec();
        let found = of_http(&Hop { fields, ..Hop::default() });
        let ids: Vec<_> = found.iter().map(|(id, _)| *id).collect();
        assert_eq!(ids, ["nginx", "aws-cloudfront"]);
    }
}
