//! Changing a field of a sample event, by its path.

use keyrail_core::bundle::nearest;
use serde_json::Value;

/// Why a field cannot be changed, and what to do.
#[derive(Debug)]
pub(crate) struct EditError {
    pub message: String,
    pub help: Option<String>,
}

fn wrong(message: String) -> EditError {
    EditError {
        message,
        help: None,
    }
}

/// The field at a dotted path.
pub(crate) fn value<'v>(event: &'v Value, path: &str) -> Option<&'v Value> {
    path.split('.').try_fold(event, |place, name| match place {
        Value::Object(object) => object.get(name),
        Value::Array(items) => items.get(name.parse::<usize>().ok()?),
        _ => None,
    })
}

/// Sets the field at a dotted path. The last name may be new; those before it must be
/// there, so that a misspelt one is an error and not a new field.
pub(crate) fn set(event: &mut Value, path: &str, value: Value) -> Result<(), EditError> {
    let (place, last) = parent(event, path)?;
    // `null` stands for an absent object in CloudTrail, so it may become one.
    if place.is_null() {
        *place = Value::Object(serde_json::Map::new());
    }
    match place {
        Value::Object(object) => {
            object.insert(last.to_owned(), value);
            Ok(())
        }
        Value::Array(items) => match last
            .parse::<usize>()
            .ok()
            .and_then(|index| items.get_mut(index))
        {
            Some(item) => {
                *item = value;
                Ok(())
            }
            None => Err(wrong(format!("`{path}`: there is no item `{last}`"))),
        },
        _ => Err(wrong(format!(
            "`{path}`: what is before `{last}` is not an object"
        ))),
    }
}

/// Removes the field at a dotted path, which must be there.
pub(crate) fn remove(event: &mut Value, path: &str) -> Result<(), EditError> {
    let (place, last) = parent(event, path)?;
    let names = names(place);
    let gone = place.as_object_mut().and_then(|object| object.remove(last));
    match gone {
        Some(_) => Ok(()),
        None => Err(missing(last, path, &names)),
    }
}

fn parent<'v, 'p>(
    event: &'v mut Value,
    path: &'p str,
) -> Result<(&'v mut Value, &'p str), EditError> {
    if path.split('.').any(str::is_empty) {
        return Err(wrong(format!(
            "`{path}`: there is an empty name in the path"
        )));
    }
    let (parents, last) = path
        .rsplit_once('.')
        .map_or((None, path), |(parents, last)| (Some(parents), last));
    let mut place = event;
    for name in parents.into_iter().flat_map(|parents| parents.split('.')) {
        let names = names(place);
        place = child(place, name).ok_or_else(|| missing(name, path, &names))?;
    }
    Ok((place, last))
}

fn names(place: &Value) -> Vec<String> {
    let fields = place.as_object();
    fields
        .map(|fields| fields.keys().cloned().collect())
        .unwrap_or_default()
}

fn missing(name: &str, path: &str, names: &[String]) -> EditError {
    EditError {
        message: format!("there is no `{name}` on the way to `{path}`"),
        help: Some(match nearest(name, names.iter().map(String::as_str)) {
            Some(near) => format!("did you mean `{near}`?"),
            None => "set the object that it should be in first, as JSON".to_owned(),
        }),
    }
}

fn child<'a>(value: &'a mut Value, name: &str) -> Option<&'a mut Value> {
    match value {
        Value::Object(object) => object.get_mut(name),
        Value::Array(items) => items.get_mut(name.parse::<usize>().ok()?),
        _ => None,
    }
}
