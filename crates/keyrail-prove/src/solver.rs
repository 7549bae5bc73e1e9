//! The solver: a process that reads SMT-LIB. It is cvc5, or its Python package.

use std::env;
use std::error::Error as _;
use std::process::{Command, Stdio};
use std::time::Duration;

use cedar_policy::{Policy, Schema};
use cedar_policy_symcc::solver::LocalSolver;
use cedar_policy_symcc::{CedarSymCompiler, CompiledPolicy, Env};
use serde_json::Value;

use crate::error::ProveError;
use crate::expression::{self, Condition};
use crate::place::Place;

/// Older ones lack what Cedar's analysis asks of them (crate `cedar-policy-symcc`).
const OLDEST: (u32, u32, u32) = (1, 3, 1);

/// How to start a solver.
#[derive(Debug, Clone)]
pub struct SolverCommand {
    program: String,
    arguments: Vec<String>,
}

impl SolverCommand {
    /// The one that is named, as a command with its arguments; else `cvc5`, from `CVC5` or
    /// the path; else Python, if it has the package `cvc5`.
    ///
    /// # Errors
    ///
    /// If there is none, or only one that is too old.
    pub fn find(named: Option<&str>, limit: Duration) -> Result<Self, ProveError> {
        if let Some(named) = named {
            let mut words = named.split_whitespace().map(str::to_owned);
            let program = words.next().unwrap_or_default();
            let arguments = words.collect();
            return Ok(Self { program, arguments });
        }
        let limit = limit.as_millis().to_string();
        let program = env::var("CVC5").unwrap_or_else(|_| "cvc5".to_owned());
        let too_old = match version(&program) {
            Some(found) if found >= OLDEST => {
                let arguments = ["--lang", "smt", "--tlimit-per", &limit];
                let arguments = arguments.map(str::to_owned).to_vec();
                return Ok(Self { program, arguments });
            }
            found => found,
        };
        let python = env::var("KEYRAIL_PYTHON").unwrap_or_else(|_| "python3".to_owned());
        let imports = Command::new(&python)
            .args(["-c", "import cvc5"])
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .status();
        if imports.is_ok_and(|status| status.success()) {
            let arguments = ["-c", include_str!("cvc5_stdin.py"), &limit];
            return Ok(Self {
                program: python,
                arguments: arguments.map(str::to_owned).to_vec(),
            });
        }
        Err(ProveError::NoSolver(too_old.map(
            |(major, minor, patch)| format!("{program} {major}.{minor}.{patch}"),
        )))
    }
}

/// `This is cvc5 version 1.3.1 …` → its three numbers.
fn version(program: &str) -> Option<(u32, u32, u32)> {
    let output = Command::new(program)
        .arg("--version")
        .stdin(Stdio::null())
        .output()
        .ok()?;
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    let (_, rest) = text.split_once("version ")?;
    let digits = |part: &str| {
        let end = part.find(|c: char| !c.is_ascii_digit());
        part.get(..end.unwrap_or(part.len()))?.parse::<u32>().ok()
    };
    let mut numbers = rest.split_whitespace().next()?.split('.').map(digits);
    Some((
        numbers.next()??,
        numbers.next()??,
        numbers.next().flatten().unwrap_or_default(),
    ))
}

/// A running solver, and what it is asked in.
pub(crate) struct Solver<'a> {
    command: &'a SolverCommand,
    schemas: &'a [Schema],
    limit: Duration,
    compiler: CedarSymCompiler<LocalSolver>,
}

/// What a solver says.
pub(crate) enum Answer {
    /// There is no such activity.
    None,
    /// There is this one.
    Found(Box<Env>),
    /// It did not come to an end in time.
    Unknown,
}

impl<'a> Solver<'a> {
    pub(crate) fn start(
        command: &'a SolverCommand,
        schemas: &'a [Schema],
        limit: Duration,
    ) -> Result<Self, ProveError> {
        Ok(Self {
            command,
            schemas,
            limit,
            compiler: compiler(command)?,
        })
    }

    /// An activity at a place for which a condition holds.
    pub(crate) async fn find(
        &mut self,
        place: &Place,
        goal: &Condition,
    ) -> Result<Answer, ProveError> {
        // What is known need not be asked.
        let goal = place.known.simplified(goal);
        if place.known.excludes(&goal) {
            return Ok(Answer::None);
        }
        let conditions = [place.world.clone(), goal];
        let compiled = self.compiled(place, expression::policy("permit", conditions))?;
        let asked = self
            .compiler
            .check_never_matches_with_counterexample_opt(&compiled);
        let answer = tokio::time::timeout(self.limit, asked).await;
        self.answer(answer)
    }

    /// An activity at a place for which a policy cannot be evaluated.
    pub(crate) async fn find_error(
        &mut self,
        place: &Place,
        policy: &Value,
    ) -> Result<Answer, ProveError> {
        // Most policies fail nowhere, in this world or another.
        let alone = self.compiled(place, policy.clone())?;
        let asked = self.compiler.check_never_errors_opt(&alone);
        match tokio::time::timeout(self.limit, asked).await {
            Ok(Ok(true)) => return Ok(Answer::None),
            Ok(Ok(false)) => {}
            // What it was told is half a question, or it is still at it.
            Ok(Err(_)) | Err(_) => self.compiler = compiler(self.command)?,
        }
        let conditions = [place.world.clone(), expression::applies(policy)];
        let compiled = self.compiled(place, expression::policy("permit", conditions))?;
        let asked = self
            .compiler
            .check_never_errors_with_counterexample_opt(&compiled);
        let answer = tokio::time::timeout(self.limit, asked).await;
        self.answer(answer)
    }

    /// Whether a policy is one of the schema, at a place.
    pub(crate) fn takes(&self, place: &Place, policy: &Value) -> bool {
        self.compiled(place, policy.clone()).is_ok()
    }

    fn compiled(&self, place: &Place, policy: Value) -> Result<CompiledPolicy, ProveError> {
        let bug = |error: String| ProveError::Bug(format!("at `{}`: {error}", place.action));
        let policy = Policy::from_json(None, policy).map_err(|error| bug(error.to_string()))?;
        let schema = self.schemas.get(place.schema);
        let schema = schema.ok_or_else(|| bug("it has no schema".to_owned()))?;
        CompiledPolicy::compile_with_custom_symenv(
            &policy,
            &place.env,
            schema,
            place.symbols.clone(),
        )
        .map_err(|error| bug(format!("{} in {policy}", told(&error))))
    }

    fn answer(
        &mut self,
        answer: Result<
            Result<Option<Env>, cedar_policy_symcc::err::Error>,
            tokio::time::error::Elapsed,
        >,
    ) -> Result<Answer, ProveError> {
        match answer {
            Ok(Ok(None)) => Ok(Answer::None),
            Ok(Ok(Some(env))) => Ok(Answer::Found(Box::new(env))),
            Ok(Err(cedar_policy_symcc::err::Error::SolverUnknown)) => Ok(Answer::Unknown),
            // Text that SMT-LIB has not: what it was told is half a question.
            Ok(Err(cedar_policy_symcc::err::Error::EncodeError(error)))
                if error.source().is_none() =>
            {
                self.compiler = compiler(self.command)?;
                Ok(Answer::Unknown)
            }
            Ok(Err(error)) => Err(ProveError::Solver(format!(
                "`{}` does not answer as cvc5 does: {error}",
                self.command.program
            ))),
            Err(_) => {
                // It is still at it: the next question goes to another one.
                self.compiler = compiler(self.command)?;
                Ok(Answer::Unknown)
            }
        }
    }
}

fn compiler(command: &SolverCommand) -> Result<CedarSymCompiler<LocalSolver>, ProveError> {
    let mut process = tokio::process::Command::new(&command.program);
    process.args(&command.arguments).kill_on_drop(true);
    let solver = LocalSolver::from_command(&mut process).map_err(|error| {
        let because = error.source().map(ToString::to_string);
        let because = because.unwrap_or_else(|| error.to_string());
        ProveError::Solver(format!(
            "`{}` cannot be started: {because}",
            command.program
        ))
    })?;
    CedarSymCompiler::new(solver).map_err(|error| ProveError::Solver(error.to_string()))
}

/// An error with what lies under it.
fn told(error: &cedar_policy_symcc::err::Error) -> String {
    match error {
        cedar_policy_symcc::err::Error::PolicyNotWellTyped { errs } => {
            let all: Vec<String> = errs.iter().map(ToString::to_string).collect();
            all.join("; ")
        }
        error => error.to_string(),
    }
}
