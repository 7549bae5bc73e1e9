//! The conditions of a policy in Kleene's three-valued logic: what follows from the facts that are
//! known, whatever the others are.
//!
//! Cedar evaluates a condition from left to right and stops at the first error, so that it says
//! nothing about `a && b` where `a` is not known and `b` is false. Its partial evaluation is
//! experimental, and keeps `a && false` as it is, because `a` could fail (cedar-policy 4.14,
//! feature `partial-eval`, checked 2026-11-29). Here Cedar evaluates each part that stands between
//! `&&`, `||`, `!` and `if`, and nothing else is decided outside of it.

use std::collections::BTreeSet;

use cedar_policy::{Policy, PolicyId, PolicySet};
use serde_json::{Value, json};

use super::policy::reads_of;

/// A policy's conditions, all of which must hold.
#[derive(Debug, Default)]
pub(crate) struct Formula {
    whole: Option<Node>,
    /// The parts that only Cedar can evaluate, each as a policy whose id is its place in `reads`.
    pub parts: PolicySet,
    /// What each of the parts reads.
    pub reads: Vec<Reads>,
}

/// What a part reads.
#[derive(Debug, Default)]
pub(crate) struct Reads {
    /// The context attributes and the variables.
    pub facts: BTreeSet<String>,
    /// The attributes of `resource`.
    pub of_resource: BTreeSet<String>,
    /// Whether it looks at `resource` itself, beside its type, which is known by the action.
    pub resource: bool,
}

#[derive(Debug)]
enum Node {
    All(Vec<Node>),
    Any(Vec<Node>),
    Not(Box<Node>),
    Choice {
        asked: Box<Node>,
        then: Box<Node>,
        otherwise: Box<Node>,
    },
    Part(usize),
}

impl Formula {
    /// The formula of a policy's text; one that says nothing, where it cannot be read.
    pub(crate) fn of(text: &str) -> Self {
        let policy = Policy::parse(None, text).ok();
        let Some(json) = policy.and_then(|policy| policy.to_json().ok()) else {
            return Self::default();
        };
        let mut formula = Self::default();
        let clauses = json.get("conditions").and_then(Value::as_array);
        let clauses = clauses.into_iter().flatten().map(|clause| {
            let node = formula.node(clause.get("body")?)?;
            match clause.get("kind").and_then(Value::as_str) {
                Some("unless") => Some(Node::Not(Box::new(node))),
                _ => Some(node),
            }
        });
        let whole = clauses.collect::<Option<Vec<_>>>().map(Node::All);
        formula.whole = whole;
        formula
    }

    /// Whether the conditions hold, by what the parts come to; `None` if that depends on parts
    /// that are not known.
    pub(crate) fn holds(&self, part: impl Fn(usize) -> Option<bool>) -> Option<bool> {
        self.whole.as_ref()?.holds(&part)
    }

    fn node(&mut self, expression: &Value) -> Option<Node> {
        let operator = |name: &str| expression.get(name);
        if let Some(both) = operator("&&") {
            return Some(Node::All(self.sides(both)?));
        }
        if let Some(either) = operator("||") {
            return Some(Node::Any(self.sides(either)?));
        }
        if let Some(not) = operator("!") {
            return Some(Node::Not(Box::new(self.node(not.get("arg")?)?)));
        }
        if let Some(choice) = operator("if-then-else") {
            let mut branch = |name: &str| Some(Box::new(self.node(choice.get(name)?)?));
            return Some(Node::Choice {
                asked: branch("if")?,
                then: branch("then")?,
                otherwise: branch("else")?,
            });
        }
        self.part(expression)
    }

    fn sides(&mut self, operands: &Value) -> Option<Vec<Node>> {
        let sides = ["left", "right"].iter();
        sides.map(|side| self.node(operands.get(*side)?)).collect()
    }

    fn part(&mut self, expression: &Value) -> Option<Node> {
        let place = self.reads.len();
        let any = json!({"op": "All"});
        let alone = json!({
            "effect": "permit", "principal": any, "action": any, "resource": any,
            "conditions": [{"kind": "when", "body": expression}],
        });
        let policy = Policy::from_json(Some(PolicyId::new(place.to_string())), alone).ok()?;
        self.parts.add(policy).ok()?;
        let mut reads = Reads {
            facts: reads_of(expression),
            ..Reads::default()
        };
        reads.look_at(expression);
        self.reads.push(reads);
        Some(Node::Part(place))
    }
}

impl Reads {
    fn look_at(&mut self, expression: &Value) {
        match expression {
            Value::Object(object) => {
                for (operator, operand) in object {
                    let is_resource =
                        operand.pointer("/left/Var").and_then(Value::as_str) == Some("resource");
                    let attribute = operand.get("attr").and_then(Value::as_str);
                    match (operator.as_str(), operand) {
                        ("." | "has", _) if is_resource => {
                            self.of_resource.extend(attribute.map(str::to_owned));
                        }
                        ("is", operand) if is_resource && operand.get("in").is_none() => {}
                        ("Var", Value::String(name)) => self.resource |= name == "resource",
                        _ => self.look_at(operand),
                    }
                }
            }
            Value::Array(items) => items.iter().for_each(|item| self.look_at(item)),
            _ => {}
        }
    }
}

impl Node {
    fn holds(&self, part: &impl Fn(usize) -> Option<bool>) -> Option<bool> {
        match self {
            Self::All(nodes) => every(nodes.iter().map(|node| node.holds(part))),
            Self::Any(nodes) => {
                every(nodes.iter().map(|node| Some(!node.holds(part)?))).map(|no| !no)
            }
            Self::Not(node) => Some(!node.holds(part)?),
            Self::Choice {
                asked,
                then,
                otherwise,
            } => match asked.holds(part) {
                Some(true) => then.holds(part),
                Some(false) => otherwise.holds(part),
                None => {
                    let (then, otherwise) = (then.holds(part)?, otherwise.holds(part)?);
                    (then == otherwise).then_some(then)
                }
            },
            Self::Part(place) => part(*place),
        }
    }
}

/// One that does not hold decides; one that is not known leaves the others to decide.
fn every(values: impl Iterator<Item = Option<bool>>) -> Option<bool> {
    let mut all = Some(true);
    for value in values {
        match value {
            Some(false) => return Some(false),
            Some(true) => {}
            None => all = None,
        }
    }
    all
}
