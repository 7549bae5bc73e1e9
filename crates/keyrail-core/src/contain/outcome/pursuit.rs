//! A change after it was sent: sent again until IAM takes it, and read back before it is believed.

use std::time::Duration;

use jiff::Timestamp;

use super::changes::first_change;
use super::ending::{Ending, Seen};
use super::search::{Found, Search, Sought};
use super::send::send;
use super::target::Target;
use crate::change::{Change, ObservedState};
use crate::effects::{AccountClient, EffectError, EffectErrorKind, Effects};
use crate::patience::{Patience, WaitFor, is_fresh};
use crate::plan::Effect;

/// How often the state is read back at once: IAM shows most changes immediately, and some
/// after seconds (IAM User Guide, "Changes that I make are not always immediately
/// visible", checked 2026-11-24). For those the change is sent again, and read once each time.
const READ_BACKS: u32 = 3;

/// The pause between two of them.
const PAUSE: Duration = Duration::from_millis(250);

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
pub(super) struct Pursuit<'a, H> {
    target: Target<'a, H>,
    effect: &'a Effect,
    change: Change,
    /// What was read before it was sent.
    before: Option<Seen>,
    patience: Patience,
    search: Search,
    doubt: Doubt,
    /// How often an accepted change was read back.
    rounds: u32,
    reads: u32,
    /// What was last read; why nothing could be read, as long as nothing was.
    last: Option<Seen>,
    /// Whether the user has another name than the event's.
    is_moved: bool,
}

impl<'a, H: AccountClient + Clone> Pursuit<'a, H> {
    pub(super) fn new(
        target: Target<'a, H>,
        effect: &'a Effect,
        change: Change,
        before: Option<Seen>,
        effects: &impl Effects<AccountClient = H>,
    ) -> Self {
        Self {
            target,
            effect,
            change,
            before,
            patience: Patience::until_deadline(effects),
            search: Search::default(),
            doubt: Doubt::None,
            rounds: 0,
            reads: 0,
            last: None,
            is_moved: false,
        }
    }

    /// Sends the change again as long as that could help, and reads back until the state is as the
    /// change leaves it. `answer` is what it was answered the first time.
    pub(super) async fn run(
        mut self,
        mut answer: Result<(), EffectError>,
        effects: &impl Effects<AccountClient = H>,
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
        effects: &impl Effects<AccountClient = H>,
    ) -> Next {
        let error = match answer {
            Ok(()) => {
                self.doubt = Doubt::Accepted;
                return match self.read_back(effects).await {
                    ReadBack::Shown(ending) => Next::End(ending),
                    ReadBack::NotYet => Next::SendAfter(WaitFor::ObservedState),
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
            if let Read::AsItShould(ending) = self.look(effects).await {
                return Next::End(ending);
            }
        }
        Next::SendAfter(what)
    }

    /// IAM answers that there is no such thing.
    async fn seek(&mut self, effects: &impl Effects<AccountClient = H>) -> Next {
        let seen = match self.look(effects).await {
            Read::AsItShould(ending) if self.doubt != Doubt::None => return Next::End(ending),
            Read::AsItShould(_) | Read::Otherwise => self.last.clone(),
            Read::Failed(_) => None,
        };
        let sought = Sought {
            change: &self.change,
            evidence: self.effect.evidence.as_ref(),
            user_id: self.effect.user_id.as_ref(),
            time: self.effect.time,
            // What IAM has taken a change for was known to it.
            is_new: self.effect.is_new && self.doubt != Doubt::Accepted,
        };
        let seeking = self
            .search
            .go_on(&self.target, &sought, seen.as_ref(), effects);
        let found = seeking.await;
        match found {
            Found::Ended(ending) => Next::End(ending),
            Found::MayBeThere => Next::SendAfter(WaitFor::Change),
            Found::Moved(moved) => match first_change(self.effect, &moved, effects) {
                Some(change) => {
                    let was_moved = self.is_moved;
                    (self.change, self.target, self.is_moved) = (change, *moved, true);
                    // IAM that names one user and then another must not make it a loop.
                    match was_moved {
                        true => Next::SendAfter(WaitFor::Change),
                        false => Next::SendNow,
                    }
                }
                None => Next::SendAfter(WaitFor::Change),
            },
        }
    }

    /// Reads the state once.
    async fn look(&mut self, effects: &impl Effects<AccountClient = H>) -> Read {
        self.reads += 1;
        let seen = self.target.look(&self.change, effects).await;
        let (at, state) = (seen.at, seen.state.clone());
        // What was read is worth more than that it cannot be read any more.
        let is_first = self.last.as_ref().is_none_or(|last| last.state.is_err());
        if seen.state.is_ok() || is_first {
            self.last = Some(seen);
        }
        match state {
            Ok(ObservedState::Made)
                if self.doubt != Doubt::Accepted && self.may_be_behind(effects) =>
            {
                Read::Otherwise
            }
            Ok(ObservedState::Made) => Read::AsItShould(self.made(at)),
            Ok(
                ObservedState::NotMade(_) | ObservedState::TargetGone | ObservedState::OwnerGone,
            ) => Read::Otherwise,
            Err(error) => Read::Failed(error.kind),
        }
    }

    /// Whether a read may show the state from before the event, where that looks like success.
    fn may_be_behind(&self, effects: &impl Effects) -> bool {
        self.effect.restores && is_fresh(self.effect.time, effects)
    }

    /// The state is as the change leaves it.
    fn made(&self, at: Timestamp) -> Ending {
        let before = self.before.as_ref().map(|before| &before.state);
        let was_so = matches!(before, Some(Ok(ObservedState::Made)));
        let (change, reads) = (self.change.clone(), self.reads);
        match self.doubt {
            Doubt::Made | Doubt::Accepted if !was_so => Ending::Verified { change, at, reads },
            Doubt::None | Doubt::Made | Doubt::Accepted => Ending::AlreadyMade {
                change,
                at,
                reads,
                failed: None,
            },
        }
    }

    /// Reads an accepted change back: several times at first, and once each time that it was
    /// sent again.
    async fn read_back(&mut self, effects: &impl Effects<AccountClient = H>) -> ReadBack {
        self.rounds += 1;
        let times = if self.rounds == 1 { READ_BACKS } else { 1 };
        let mut shown_otherwise = 0;
        loop {
            match self.look(effects).await {
                Read::AsItShould(ending) => return ReadBack::Shown(ending),
                Read::Otherwise => {
                    shown_otherwise += 1;
                    if shown_otherwise >= times {
                        return ReadBack::NotYet;
                    }
                    effects.pause(PAUSE * shown_otherwise).await;
                }
                Read::Failed(kind) => match WaitFor::of(kind) {
                    Some(what) if self.patience.wait(what, effects).await => {}
                    Some(_) => return ReadBack::NotYet,
                    None => return ReadBack::Unreadable,
                },
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
    async fn refused(
        &mut self,
        error: EffectError,
        effects: &impl Effects<AccountClient = H>,
    ) -> Ending {
        // What a quota refuses, nothing that is read can mend.
        let read = if error.kind == EffectErrorKind::Full {
            Read::Otherwise
        } else {
            self.look(effects).await
        };
        self.failed(error, read)
    }

    /// There is no time for another try.
    async fn given_up(
        &mut self,
        answer: Result<(), EffectError>,
        effects: &impl Effects<AccountClient = H>,
    ) -> Ending {
        let Err(error) = answer else {
            return self.accepted();
        };
        if error.kind == EffectErrorKind::Gone && self.doubt != Doubt::Accepted {
            let last = self.last.clone();
            return self
                .search
                .given_up(&self.target, &self.change, error, last, self.reads);
        }
        let read = self.look(effects).await;
        self.failed(error, read)
    }

    /// The last call was refused or not answered.
    fn failed(&self, error: EffectError, read: Read) -> Ending {
        match (read, self.doubt) {
            (Read::AsItShould(mut ending), _) => {
                if let Ending::AlreadyMade { failed, .. } = &mut ending {
                    *failed = Some(error);
                }
                ending
            }
            (Read::Otherwise | Read::Failed(_), Doubt::Accepted) => self.accepted(),
            (Read::Otherwise | Read::Failed(_), Doubt::None | Doubt::Made) => Ending::Failed {
                change: Some(self.change.clone()),
                error,
                last: self.last.clone(),
                reads: self.reads,
                may_be_made: self.doubt == Doubt::Made,
            },
        }
    }
}

/// What was read of a change.
enum Read {
    /// The state is as the change leaves it, and how the step ended therefore.
    AsItShould(Ending),
    Otherwise,
    Failed(EffectErrorKind),
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
