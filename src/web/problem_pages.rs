//! `/problems/{code}`: what each code means and what to do, for people.

use actix_web::http::header;
use actix_web::{HttpResponse, get, web};

use crate::codes::Code;
use crate::error::Result;

/// Shows what a problem means.
///
/// The page that a problem's `type` leads to: what happened, and what to do about it.
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
    let (title, status) = (escaped(code.title()), code.status());
    format!(
        "<!doctype html>\n<html lang=\"en\"><head><meta charset=\"utf-8\">\
         <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\"><title>{code}: {title}</title>\
         <style>body{{font:1.05rem/1.6 system-ui,sans-serif;max-width:38rem;margin:3rem auto;padding:0 1rem;color:#222;\
         background:#fdfdfb}}code{{background:#eee;padding:.1em .3em;border-radius:.2em;overflow-wrap:anywhere}}\
         h1{{font-size:1.5rem;line-height:1.3}}</style></head><body>\
         <p><code>{code}</code> · {status}</p><h1>{title}</h1><p>{advice}</p>\
         <p><a href=\"/docs/\">The API</a></p></body></html>\n",
        advice = code_spans(&escaped(code.advice())),
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
