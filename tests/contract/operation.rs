//! The operations as the served document describes them, and the places of each that carry an id.

use reqwest::Method;
use serde_json::Value;

use crate::support::document::operations;
use crate::support::{Person, Town};

/// The document that the service serves.
pub struct Document(Value);

/// One operation of it.
#[derive(Clone)]
pub struct Operation {
    /// Its `operationId`.
    pub id: String,
    pub method: Method,
    /// Its path, with `{names}` in it.
    pub path: String,
    /// Everything the document says of it.
    pub said: Value,
}

/// A parameter of an operation.
#[derive(Clone, Copy)]
pub struct Parameter<'a> {
    pub name: &'a str,
    pub schema: &'a Value,
}

impl Document {
    /// What GET /openapi.json answers.
    pub async fn served_by(town: &Town) -> Self {
        Self(Person::stranger(&town.address).get("/openapi.json").await.ok())
    }

    /// Every operation, in the document's order.
    pub fn operations(&self) -> Vec<Operation> {
        let operation = |(method, path, said): (String, String, Value)| Operation {
            id: said["operationId"].as_str().expect("an operationId").to_owned(),
            method: method.to_uppercase().parse().expect("a method"),
            path,
            said,
        };
        operations(&self.0).into_iter().map(operation).collect()
    }

    /// What is sent to webhooks: the schema of each.
    pub fn notifications(&self) -> Vec<&Value> {
        let webhooks = self.0["webhooks"].as_object().into_iter().flat_map(serde_json::Map::values);
        webhooks
            .map(|one| self.resolved(&one["post"]["requestBody"]["content"]["application/json"]["schema"]))
            .collect()
    }

    /// A schema with its reference followed; of "one of these or null" the one that is not null.
    pub fn resolved<'a>(&'a self, schema: &'a Value) -> &'a Value {
        let options = schema["oneOf"].as_array().into_iter().flatten();
        if let Some(option) = options.into_iter().find(|option| option["type"] != "null") {
            return self.resolved(option);
        }
        match schema["$ref"].as_str() {
            Some(reference) => self.resolved(self.0.pointer(&reference[1..]).expect(reference)),
            None => schema,
        }
    }

    /// Every property of a body, as pointer and schema, however deep; of an array what its first entry has.
    pub fn fields(&self, operation: &Operation) -> Vec<(String, Value)> {
        let mut fields = Vec::new();
        if let Some(body) = operation.body() {
            self.below("", &body["schema"], &mut fields);
        }
        fields
    }

    fn below(&self, at: &str, schema: &Value, fields: &mut Vec<(String, Value)>) {
        let schema = self.resolved(schema);
        for (name, property) in schema["properties"].as_object().into_iter().flatten() {
            let at = format!("{at}/{name}");
            fields.push((at.clone(), property.clone()));
            self.below(&at, property, fields);
        }
        if schema.get("items").is_some() {
            let at = format!("{at}/0");
            fields.push((at.clone(), schema["items"].clone()));
            self.below(&at, &schema["items"], fields);
        }
    }

    /// The keys that must be in the object at this place of a body.
    pub fn required(&self, operation: &Operation, at: &str) -> Vec<String> {
        let body = operation.body().map(|body| self.resolved(&body["schema"]));
        let below = |schema: &'_ Value, step: &str| match step {
            "0" if schema.get("items").is_some() => self.resolved(&schema["items"]).clone(),
            name => self.resolved(&schema["properties"][name]).clone(),
        };
        let steps = at.split('/').skip(1);
        let schema = steps.fold(body.cloned().unwrap_or_default(), |schema, step| below(&schema, step));
        schema["required"].as_array().into_iter().flatten().map(|name| name.as_str().unwrap().to_owned()).collect()
    }

    /// Where this operation carries an id: `{pairing_id}`, `?cycle_id`, `?cursor`, `#/coach_id`.
    pub fn places(&self, operation: &Operation) -> Vec<String> {
        let is_id = |name: &str, schema: &Value| schema["format"] == "uuid" || name.ends_with("_id");
        let paths = operation.parameters("path").into_iter().filter(|one| is_id(one.name, one.schema));
        let queries = operation.parameters("query").into_iter();
        let queries = queries.filter(|one| is_id(one.name, one.schema) || one.name == "cursor");
        let fields = self.fields(operation).into_iter().filter(|(at, schema)| is_id(at, self.resolved(schema)));
        paths
            .map(|one| format!("{{{}}}", one.name))
            .chain(queries.map(|one| format!("?{}", one.name)))
            .chain(fields.map(|(at, _)| format!("#{at}")))
            .collect()
    }
}

impl Operation {
    /// Whether whoever has no token may ask.
    pub fn is_public(&self) -> bool {
        self.said["security"] == serde_json::json!([])
    }

    /// Its parameters in the path, in the query or in the head.
    pub fn parameters(&self, place: &str) -> Vec<Parameter<'_>> {
        let all = self.said["parameters"].as_array().into_iter().flatten();
        let here = all.filter(|one| one["in"] == place);
        here.map(|one| Parameter { name: one["name"].as_str().expect("a name"), schema: &one["schema"] }).collect()
    }

    /// The document's example of a parameter.
    pub fn example(&self, name: &str) -> Option<&Value> {
        let all = self.said["parameters"].as_array().into_iter().flatten();
        all.into_iter().find(|one| one["name"] == name)?.get("example")
    }

    /// Whether it reads this header.
    pub fn reads(&self, header: &str) -> bool {
        self.parameters("header").iter().any(|one| one.name == header)
    }

    /// What it takes as a body, with schema and example.
    pub fn body(&self) -> Option<&Value> {
        self.said["requestBody"]["content"].as_object()?.values().next()
    }

    /// The media type of its body.
    pub fn kind(&self) -> Option<&str> {
        Some(self.said["requestBody"]["content"].as_object()?.keys().next()?)
    }

    /// Whether the document has this status among its answers.
    pub fn says(&self, status: u16) -> bool {
        self.said["responses"].get(status.to_string()).is_some()
    }

    /// Whether it changes anything.
    pub fn changes(&self) -> bool {
        self.method != Method::GET
    }
}
