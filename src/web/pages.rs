//! Lists, page by page: keyset order, and a cursor that is good for one list and its filters only.

use actix_web::body::BoxBody;
use actix_web::http::header;
use actix_web::{HttpRequest, HttpResponse, Responder};
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::codes::Code;
use crate::error::Result;
use crate::ids::OrganizationId;
use crate::vault::MasterKeys;

/// How many entries a page has where the caller does not say.
pub const DEFAULT_LIMIT: i64 = 20;

/// Declares a page of a kind of thing under a name of its own: inlined generics would lose it in the document.
#[macro_export]
macro_rules! page {
    ($(#[$doc:meta])* $name:ident of $item:ty) => {
        $(#[$doc])*
        #[derive(Debug, serde::Serialize, utoipa::ToSchema)]
        pub struct $name {
            /// The entries, in order.
            #[schema(max_items = 100)]
            pub data: Vec<$item>,
            /// Whether there are more.
            #[schema(example = false)]
            pub has_more: bool,
            /// Give it as `cursor`, with the same filters, to get the next page. Null on the last.
            #[schema(required, max_length = 2000, pattern = "^[A-Za-z0-9_.~-]+$", example = json!(null))]
            pub next_cursor: Option<String>,
        }

        impl From<$crate::web::pages::Cut<$item>> for $name {
            fn from(cut: $crate::web::pages::Cut<$item>) -> Self {
                Self { data: cut.data, has_more: cut.next_cursor.is_some(), next_cursor: cut.next_cursor }
            }
        }

        impl $crate::web::pages::Page for $name {
            fn next_cursor(&self) -> Option<&str> {
                self.next_cursor.as_deref()
            }
        }
    };
}

/// A page of some kind of thing.
pub trait Page: Serialize {
    /// Where the next page starts.
    fn next_cursor(&self) -> Option<&str>;
}

/// A page's entries, cut off at its limit.
#[derive(Debug)]
pub struct Cut<T> {
    /// The entries.
    pub data: Vec<T>,
    /// Where the next page starts, if there is one.
    pub next_cursor: Option<String>,
}

/// Makes and reads the cursors of one list: bound to the organization, the list and its filters by a MAC, so that a
/// cursor is good for nothing else and cannot be made by hand.
pub struct Cursors<'a> {
    keys: &'a MasterKeys,
    bound_to: String,
}

impl<'a> Cursors<'a> {
    /// The cursors of the list of this name under these filters.
    pub fn new(keys: &'a MasterKeys, organization: OrganizationId, list: &str, filters: &impl Serialize) -> Self {
        let filters = serde_json::to_string(filters).expect("filters are plain data");
        Self { keys, bound_to: format!("{organization} {list} {filters} ") }
    }

    /// The place that a cursor stands for.
    ///
    /// # Errors
    /// `cursor_mismatch` when it was not made for this list.
    pub fn open<K: DeserializeOwned>(&self, cursor: Option<&str>) -> Result<Option<K>> {
        let Some(cursor) = cursor else { return Ok(None) };
        let open = || {
            let (place, mac) = cursor.rsplit_once('.')?;
            let place = URL_SAFE_NO_PAD.decode(place).ok()?;
            let bound = [self.bound_to.as_bytes(), &place].concat();
            self.keys.verify("cursor", &bound, mac).then(|| serde_json::from_slice(&place).ok())?
        };
        open().map(Some).ok_or_else(|| Code::CursorMismatch.into())
    }

    /// Cuts what was found, one more than the limit where there is more, and says where the next page starts.
    pub fn cut<T, K: Serialize>(&self, mut data: Vec<T>, limit: i64, place: impl Fn(&T) -> K) -> Cut<T> {
        let limit = usize::try_from(limit).unwrap_or_default();
        let has_more = data.len() > limit;
        data.truncate(limit);
        let next_cursor = data.last().filter(|_| has_more).map(|last| self.of(&place(last)));
        Cut { data, next_cursor }
    }

    /// The cursor that stands for a place.
    pub fn of(&self, place: &impl Serialize) -> String {
        let place = serde_json::to_vec(place).expect("places are plain data");
        let mac = self.keys.mac("cursor", &[self.bound_to.as_bytes(), &place].concat());
        format!("{}.{mac}", URL_SAFE_NO_PAD.encode(place))
    }
}

/// A page, answered: with a `Link` to the next one (RFC 8288).
#[derive(Debug)]
pub struct Listed<P>(pub P);

impl<P: Page> Responder for Listed<P> {
    type Body = BoxBody;

    fn respond_to(self, request: &HttpRequest) -> HttpResponse {
        let mut response = HttpResponse::Ok();
        response.insert_header((header::CACHE_CONTROL, "private, no-cache"));
        if let Some(cursor) = self.0.next_cursor() {
            let kept =
                request.query_string().split('&').filter(|pair| !pair.is_empty() && !pair.starts_with("cursor="));
            let query = kept.chain([format!("cursor={cursor}").as_str()]).collect::<Vec<_>>().join("&");
            response.insert_header((header::LINK, format!("<{}?{query}>; rel=\"next\"", request.path())));
        }
        response.json(self.0)
    }
}

impl<T> Cut<T> {
    /// The same page with each entry turned into what is shown of it.
    pub fn map<U>(self, show: impl FnMut(T) -> U) -> Cut<U> {
        Cut { data: self.data.into_iter().map(show).collect(), next_cursor: self.next_cursor }
    }
}
