//! Where the document takes free text, and bodies that fill all of it.

use std::cell::RefCell;
use std::collections::HashMap;

use reqwest::Method;
use serde_json::{Map, Value, json};

use crate::canary::Words;
use crate::document::{fits, operations};

/// How a word is made to look like what is taken.
type Shape = fn(&str) -> String;

/// The document, as it is served.
pub struct Document {
    whole: Value,
    /// What was found out about schemas.
    shapes: RefCell<HashMap<String, Option<Shape>>>,
}

/// One operation of it.
#[derive(Clone)]
pub struct Operation {
    pub id: String,
    pub method: Method,
    pub path: String,
    pub said: Value,
}

/// What a word may have to look like to be taken.
const SHAPES: [Shape; 3] =
    [str::to_owned, |word| format!("{word}@example.com"), |word| format!("https://example.com/{word}")];

impl Document {
    pub fn of(document: Value) -> Self {
        Self { whole: document, shapes: RefCell::default() }
    }

    pub fn operations(&self) -> Vec<Operation> {
        let operation = |(method, path, said): (String, String, Value)| Operation {
            id: said["operationId"].as_str().unwrap().to_owned(),
            method: method.to_uppercase().parse().unwrap(),
            path,
            said,
        };
        operations(&self.whole).into_iter().map(operation).collect()
    }

    pub fn operation(&self, id: &str) -> Operation {
        self.operations().into_iter().find(|one| one.id == id).unwrap_or_else(|| panic!("no operation {id}"))
    }

    /// Every place of an operation that takes free text: `put_note #/text`, `list_members ?q`.
    pub fn free(&self, operation: &Operation) -> Vec<String> {
        let mut words = Words::beginning_with("any");
        self.queries(operation, &mut words, "as it should be");
        if operation.body().is_some() {
            self.body(operation, &json!({}), &mut words, "as it should be");
        }
        words.fields().into_iter().collect()
    }

    /// Each parameter of the query that takes free text, with a query that fills it.
    pub fn queries(&self, operation: &Operation, words: &mut Words, how: &str) -> Vec<(String, String)> {
        let parameters = operation.said["parameters"].as_array().into_iter().flatten();
        let parameters = parameters.filter(|one| one["in"] == "query");
        let free = parameters.filter_map(|one| Some((one["name"].as_str()?, self.shape(&one["schema"])?)));
        let query = |(name, shape): (&str, Shape)| {
            let field = format!("{} ?{name}", operation.id);
            let word = words.new_word(&field, how);
            (field, format!("{name}={}", shape(&word)))
        };
        free.map(query).collect()
    }

    /// A body with a word in every place that takes free text; the rest as `given` by name (null: left out), or as the
    /// document's examples have it.
    pub fn body(&self, operation: &Operation, given: &Value, words: &mut Words, how: &str) -> Value {
        let schema = &operation.body().expect("a body")["schema"];
        let mut filling = Filling { document: self, operation: &operation.id, given, words, how };
        filling.value("", "", schema).unwrap_or_default()
    }

    /// What a word has to look like to be taken here; nothing where none is.
    fn shape(&self, schema: &Value) -> Option<Shape> {
        let find =
            || SHAPES.into_iter().find(|shape| fits(&self.whole, schema, &json!(shape("qzxcanaryaaaaaxq"))).is_empty());
        *self.shapes.borrow_mut().entry(schema.to_string()).or_insert_with(find)
    }

    fn resolved<'a>(&'a self, schema: &'a Value) -> &'a Value {
        let mut options = schema["oneOf"].as_array().into_iter().flatten();
        if let Some(option) = options.find(|option| option["type"] != "null") {
            return self.resolved(option);
        }
        match schema["$ref"].as_str() {
            Some(reference) => self.resolved(self.whole.pointer(&reference[1..]).expect(reference)),
            None => schema,
        }
    }
}

struct Filling<'a> {
    document: &'a Document,
    operation: &'a str,
    given: &'a Value,
    words: &'a mut Words,
    how: &'a str,
}

impl Filling<'_> {
    fn value(&mut self, at: &str, name: &str, schema: &Value) -> Option<Value> {
        if let Some(given) = self.given.get(name) {
            return Some(given.clone()).filter(|given| !given.is_null());
        }
        let whole = self.document.resolved(schema);
        if let Some(shape) = self.document.shape(schema) {
            let word = self.words.new_word(&format!("{} #{at}", self.operation), self.how);
            return Some(json!(shape(&word)));
        }
        if let Some(properties) = whole["properties"].as_object() {
            let property = |(name, property): (&String, &Value)| {
                Some((name.clone(), self.value(&format!("{at}/{name}"), name, property)?))
            };
            return Some(properties.iter().filter_map(property).collect::<Map<_, _>>().into());
        }
        if whole.get("items").is_some() {
            let entry = self.value(&format!("{at}/0"), &format!("{name}/0"), &whole["items"])?;
            return Some(json!([entry]));
        }
        let own = |schema: &Value| schema.get("example").or_else(|| schema["examples"].get(0)).cloned();
        let example = own(schema).or_else(|| own(whole)).or_else(|| whole["enum"].get(0).cloned());
        Some(example.unwrap_or_else(|| panic!("{} {at}: no example in {schema}", self.operation)))
    }
}

impl Operation {
    /// What it takes as a body.
    pub fn body(&self) -> Option<&Value> {
        self.said["requestBody"]["content"].as_object()?.values().next()
    }

    /// The media type of its body.
    pub fn kind(&self) -> Option<&str> {
        Some(self.said["requestBody"]["content"].as_object()?.keys().next()?)
    }

    /// Whether it reads this header.
    pub fn reads(&self, header: &str) -> bool {
        self.said["parameters"]
            .as_array()
            .into_iter()
            .flatten()
            .any(|one| one["in"] == "header" && one["name"] == header)
    }
}
