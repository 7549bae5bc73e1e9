//! One step: the change, sent until IAM takes it, and what is read before it is believed.

use std::time::Duration;

use super::changes::{first_change, next_change};
use super::ending::{Ending, Seen};
use super::search::{Found, Search, Sought};
use super::target::Target;
use crate::change::{Change, Sight};
use crate::effects::{EffectError, EffectErrorKind, Effects, Hands};
use crate::patience::{Patience, WaitFor};
use crate::plan::Effect;

/// How often the state is read back at once: IAM shows most changes immediately, and some
/// after seconds (IAM User Guide, "Changes that I make are not always immediately
/// visible", checked 2026-11-24). For those the change is sent again, and read once each time.
pub const READ_BACKS: u32 = 3;

/// The pause between two of them.
pub const PAUSE: Duration = Duration::from_millis(250);

/// A step whose change has been sent once.
pub(super) struct Attempt<'a, H> {
    target: Target<'a, H>,
    effect: &'a Effect,
    progress: Progress,
}

enum Progress {
    Ended(Ending),
    Sent {
        sent: Sent,
        /// What was read before it was sent.
        before: Option<Seen>,
    },
}

/// A change, and IAM's answer to it.
struct Sent {
    change: Change,
    answer: Result<(), EffectError>,
}

impl<'a, H: Hands + Clone> Attempt<'a, H> {
    /// Sends the change that a step stands for, or the next best if a quota is full. Nothing
    /// is read before it, unless the event is old or second-hand: then somebody may have
    /// done the same long ago.
    pub(super) async fn start(
        target: &Target<'a, H>,
        effect: &'a Effect,
        effects: &impl Effects<Hands = H>,
    ) -> Self {
        let progress = match first_change(effect, target, effects) {
            Some(change) => {
                let before = match target.is_second_hand {
                    true => Some(target.look(&change, effects).await),
                    false => None,
                };
                let sent = send(target, change, effects).await;
                Progress::Sent { sent, before }
            }
            // The plan pairs each act with who it is done to.
            None => Progress::Ended(Ending::failed(EffectError {
                kind: EffectErrorKind::Refused,
                message: "the plan names another kind of target".to_owned(),
            })),
        };
        Self {
            target: target.clone(),
            effect,
            progress,
        }
    }

    /// Whether IAM has shown that the credential is this target's: it took the change for it.
    pub(super) fn shows_owner(&self) -> bool {
        match &self.progress {
            Progress::Sent { sent, .. } => sent.answer.is_ok(),
            Progress::Ended(_) => false,
        }
    }

    /// Sends the change again as long as that could help, and reads back until the state is
    /// as the change leaves it.
    pub(super) async fn confirm(self, effects: &impl Effects<Hands = H>) -> Ending {
        let (sent, before) = match self.progress {
            Progress::Ended(ending) => return ending,
            Progress::Sent { sent, before } => (sent, before),
        };
        let pursuit = Pursuit {
            target: self.target,
            effect: self.effect,
            change: sent.change,
            patience: Patience::until_deadline(effects),
            search: Search::default(),
            doubt: Doubt::None,
            rounds: 0,
            reads: 0,
            last: None,
            is_moved: false,
        };
        let ending = pursuit.run(sent.answer, effects).await;
        match (ending, before) {
            (
                Ending::Verified {
                    change, at, reads, ..
                },
                Some(before),
            ) if matches!(before.state, Ok(Sight::Made)) => Ending::AlreadyMade {
                change,
                at,
                reads,
                failed: None,
            },
            (ending, _) => ending,
        }
    }
}

/// That what a step puts on a user or role is there already, if it is.
pub(super) async fn already_put<H: Hands + Clone>(
    target: &Target<'_, H>,
    effect: &Effect,
    effects: &impl Effects<Hands = H>,
) -> Option<Ending> {
    let change = first_change(effect, target, effects).filter(Change::is_put)?;
    let seen = target.look(&change, effects).await;
    matches!(seen.state, Ok(Sight::Made)).then_some(Ending::AlreadyMade {
        change,
        at: seen.at,
        reads: 1,
        failed: None,
    })
}

/// Sends a change, or what does the same if a quota leaves no room for it.
async fn send<H: Hands + Clone>(
    target: &Target<'_, H>,
    mut change: Change,
    effects: &impl Effects<Hands = H>,
) -> Sent {
    loop {
        let answer = target.hands.make(&change).await;
        match &answer {
            Err(full) if full.kind == EffectErrorKind::Full => {
                match next_change(&change, target, effects).await {
                    Ok(Some(next)) => change = next,
                    Ok(None) => return Sent { change, answer },
                    Err(error) => {
                        return Sent {
                            change,
                            answer: Err(error),
                        };
                    }
                }
            }
            _ => return Sent { change, answer },
        }
    }
}

/// Whether keyrail has made the change, as far as the answers so far tell.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Doubt {
    /// Each call was refused: what is read is not keyrail's doing.
    None,
    /// A call was not answered.
    Made,
    /// IAM took a call.
    Accepted,
}

/// What became of reading a change back.
enum ReadBack {
    Shown(Ending),
    NotYet,
    /// Nobody will be able to read it.
    Unreadable,
}

/// A change that is followed until it is made, or cannot be.
struct Pursuit<'a, H> {
    target: Target<'a, H>,
    effect: &'a Effect,
    change: Change,
    patience: Patience,
    search: Search,
    doubt: Doubt,
    /// How often an accepted change was read back.
    rounds: u32,
    reads: u32,
    last: Option<Seen>,
    /// Whether the user has another name than the event's.
    is_moved: bool,
}

impl<H: Hands + Clone> Pursuit<'_, H> {
    async fn run(
        mut self,
        mut answer: Result<(), EffectError>,
        effects: &impl Effects<Hands = H>,
    ) -> Ending {
        let ending = loop {
            let step = self.follow(&answer, effects).await;
            let wait = match step {
                Next::End(ending) => break ending,
                Next::SendNow => None,
                Next::SendAfter(what) => Some(what),
            };
            if let Some(what) = wait
                && !self.patience.wait(what, effects).await
            {
                break self.given_up(answer, effects).await;
            }
            let sent = send(&self.target, self.change.clone(), effects).await;
            (self.change, answer) = (sent.change, sent.answer);
        };
        let owner = match self.is_moved {
            true => self.target.to.user(),
            false => self.target.found.as_ref(),
        };
        match (owner.cloned(), self.is_moved) {
            (None, _) => ending,
            (Some(owner), true) => Ending::Renamed {
                owner,
                ending: Box::new(ending),
            },
            (Some(owner), false) => Ending::Found {
                owner,
                ending: Box::new(ending),
            },
        }
    }

    /// What follows from an answer.
    async fn follow(
        &mut self,
        answer: &Result<(), EffectError>,
        effects: &impl Effects<Hands = H>,
    ) -> Next {
        let error = match answer {
            Ok(()) => {
                self.doubt = Doubt::Accepted;
                return match self.read_back(effects).await {
                    ReadBack::Shown(ending) => Next::End(ending),
                    ReadBack::NotYet => Next::SendAfter(WaitFor::Sight),
                    ReadBack::Unreadable => Next::End(self.accepted()),
                };
            }
            Err(error) => error,
        };
        if error.kind == EffectErrorKind::Gone {
            return self.seek(effects).await;
        }
        let Some(what) = WaitFor::of(error.kind) else {
            return Next::End(self.refused(error.clone(), effects).await);
        };
        if error.kind.leaves_doubt() {
            self.doubt = self.doubt.at_least_made();
            // The state that it leaves is as good as the answer that did not come.
            if let Some(ending) = self.look(effects).await {
                return Next::End(ending);
            }
        }
        Next::SendAfter(what)
    }

    /// IAM answers that there is no such thing.
    async fn seek(&mut self, effects: &impl Effects<Hands = H>) -> Next {
        if let Some(ending) = self.look(effects).await
            && self.doubt != Doubt::None
        {
            return Next::End(ending);
        }
        let sought = Sought {
            change: &self.change,
            evidence: self.effect.evidence.as_ref(),
            time: self.effect.time,
            // What IAM has taken a change for was known to it.
            is_new: self.effect.is_new && self.doubt != Doubt::Accepted,
        };
        let seeking = self
            .search
            .go_on(&self.target, &sought, self.last.as_ref(), effects);
        let found = seeking.await;
        match found {
            Found::Ended(ending) => Next::End(ending),
            Found::MayBeThere => Next::SendAfter(WaitFor::Change),
            Found::Moved(moved) => match first_change(self.effect, &moved, effects) {
                Some(change) => {
                    (self.change, self.target, self.is_moved) = (change, *moved, true);
                    Next::SendNow
                }
                None => Next::SendAfter(WaitFor::Change),
            },
        }
    }

    /// Reads the state once; how the step ended, if it is as the change leaves it.
    async fn look(&mut self, effects: &impl Effects<Hands = H>) -> Option<Ending> {
        self.reads += 1;
        let seen = self.target.look(&self.change, effects).await;
        let at = seen.at;
        let is_made = matches!(seen.state, Ok(Sight::Made));
        self.last = Some(seen);
        is_made.then(|| match self.doubt {
            Doubt::None => Ending::AlreadyMade {
                change: self.change.clone(),
                at,
                reads: self.reads,
                failed: None,
            },
            Doubt::Made | Doubt::Accepted => Ending::Verified {
                change: self.change.clone(),
                at,
                reads: self.reads,
            },
        })
    }

    /// Reads an accepted change back: several times at first, and once each time that it was
    /// sent again.
    async fn read_back(&mut self, effects: &impl Effects<Hands = H>) -> ReadBack {
        self.rounds += 1;
        let times = if self.rounds == 1 { READ_BACKS } else { 1 };
        let mut shown_otherwise = 0;
        loop {
            if let Some(ending) = self.look(effects).await {
                return ReadBack::Shown(ending);
            }
            let failed = self
                .last
                .as_ref()
                .and_then(|seen| seen.state.as_ref().err());
            match failed.map(|error| WaitFor::of(error.kind)) {
                None => {
                    shown_otherwise += 1;
                    if shown_otherwise >= times {
                        return ReadBack::NotYet;
                    }
                    effects.pause(PAUSE * shown_otherwise).await;
                }
                Some(Some(what)) => {
                    if !self.patience.wait(what, effects).await {
                        return ReadBack::NotYet;
                    }
                }
                Some(None) => return ReadBack::Unreadable,
            }
        }
    }

    fn accepted(&self) -> Ending {
        Ending::Accepted {
            change: self.change.clone(),
            last: self.last.clone(),
            reads: self.reads,
        }
    }

    /// AWS will refuse it again.
    async fn refused(&mut self, error: EffectError, effects: &impl Effects<Hands = H>) -> Ending {
        // What a quota refuses, nothing that is read can mend.
        let ending = match error.kind {
            EffectErrorKind::Full => None,
            _ => self.look(effects).await,
        };
        self.failed(error, ending)
    }

    /// There is no time for another try.
    async fn given_up(
        &mut self,
        answer: Result<(), EffectError>,
        effects: &impl Effects<Hands = H>,
    ) -> Ending {
        let Err(error) = answer else {
            return self.accepted();
        };
        if error.kind == EffectErrorKind::Gone && self.doubt == Doubt::None {
            let last = self.last.clone();
            return self
                .search
                .given_up(&self.target, &self.change, error, last, self.reads);
        }
        let before = self.last.clone();
        let ending = self.look(effects).await;
        // What was read is worth more than that it cannot be read any more.
        if self.last.as_ref().is_some_and(|seen| seen.state.is_err()) {
            self.last = before
                .filter(|seen| seen.state.is_ok())
                .or(self.last.take());
        }
        self.failed(error, ending)
    }

    /// It was not made by this error; `ending` if it was read to be so all the same.
    fn failed(&self, error: EffectError, ending: Option<Ending>) -> Ending {
        match (ending, self.doubt) {
            (
                Some(Ending::AlreadyMade {
                    change, at, reads, ..
                }),
                _,
            ) => Ending::AlreadyMade {
                change,
                at,
                reads,
                failed: Some(error),
            },
            (Some(ending), _) => ending,
            (None, Doubt::Accepted) => self.accepted(),
            (None, Doubt::None | Doubt::Made) => Ending::Failed {
                change: Some(self.change.clone()),
                error,
                last: self.last.clone(),
                reads: self.reads,
                may_be_made: self.doubt == Doubt::Made,
            },
        }
    }
}

impl Doubt {
    fn at_least_made(self) -> Self {
        match self {
            Self::None | Self::Made => Self::Made,
            Self::Accepted => Self::Accepted,
        }
    }
}

/// What follows from an answer.
enum Next {
    End(Ending),
    SendAfter(WaitFor),
    SendNow,
}
