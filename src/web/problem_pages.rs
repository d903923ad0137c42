//! `/problems/{code}`: what happened, why, and what to do, for people.

use actix_web::http::header;
use actix_web::{HttpResponse, get, web};

use super::problem::Problem;
use crate::codes::Code;
use crate::error::Result;

/// How the pages look; they load nothing.
const STYLE: &str = include_str!("problem_pages.css");

/// Shows what a problem means.
///
/// The page that a problem's `type` leads to: what happened, why, what to do about it, and an example.
#[utoipa::path(
    tag = "service",
    operation_id = "get_problem_page",
    params(("code" = String, Path, description = "The problem's `code`.", pattern = "^[a-z_]+$", max_length = 64, example = "not_found")),
    responses((status = 200, description = "The page.", content_type = "text/html", body = String,
        example = "<!doctype html><title>not_found</title>")),
    security(())
)]
#[get("/problems/{code}")]
pub async fn get_problem_page(name: web::Path<String>) -> Result<HttpResponse> {
    let code = Code::ALL.iter().find(|code| code.name() == *name).ok_or(Code::NotFound)?;
    Ok(HttpResponse::Ok()
        .insert_header((
            header::CONTENT_SECURITY_POLICY,
            "default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'none'",
        ))
        .insert_header((header::CACHE_CONTROL, "public, max-age=300"))
        .content_type("text/html; charset=utf-8")
        .body(page(*code)))
}

fn page(code: Code) -> String {
    let (title, status) = (escaped(code.title()), escaped(&code.status().to_string()));
    let [why, advice] = [code.why(), code.advice()].map(|text| code_spans(&escaped(text)));
    let request = escaped(code.request());
    let example = serde_json::to_string_pretty(&Problem::example(code)).unwrap_or_default();
    format!(
        "<!doctype html>\n<html lang=\"en\"><head><meta charset=\"utf-8\">\
         <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\
         <meta name=\"color-scheme\" content=\"light dark\"><title>{code}: {title}</title><style>{STYLE}</style></head>\
         <body><main><p><code>{code}</code> · {status}</p><h1>{title}</h1><p>{why}</p>\
         <h2>What to do</h2><p>{advice}</p>\
         <h2>An example</h2><pre>{request}</pre><pre>HTTP/1.1 {status}\nContent-Type: application/problem+json\n\n{example}</pre>\
         <p><a href=\"/docs/\">The API</a></p></main></body></html>\n",
        example = escaped(&example),
    )
}

fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;")
}

/// `like this` becomes code.
fn code_spans(text: &str) -> String {
    let piece =
        |(at, piece): (usize, &str)| if at % 2 == 1 { format!("<code>{piece}</code>") } else { piece.to_owned() };
    text.split('`').enumerate().map(piece).collect()
}
