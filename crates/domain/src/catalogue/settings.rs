//! Settings: kept, and told to whoever carries them out.

use std::sync::{Arc, PoisonError};

use crate::audit::By;
use crate::caller::Caller;
use crate::setting::{COUNT_MAX, Edit, NAME_BYTES_MAX, Refused, Setting, VALUE_BYTES_MAX};
use crate::store::Change;

use super::Catalogue;

impl Catalogue {
    /// The settings that administrators changed, in the order of their names. For the program itself; pages show no value that
    /// they may not.
    #[must_use]
    pub fn settings(&self) -> Vec<Setting> {
        self.rights().settings().cloned().collect()
    }

    /// Changes settings, all of them or none; administrators only.
    ///
    /// # Errors
    /// [`Refused`] says what to change.
    pub async fn change_settings(&self, caller: &Caller, edits: Vec<Edit>) -> Result<(), Refused> {
        let caller = caller.clone();
        self.write(By::from(&caller), move |rights, work, now| {
            if !rights.standing(&caller, now).administers {
                return Err(Refused::NotAllowed);
            }
            let fits = |edit: &Edit| {
                let value = edit.value.as_ref().map_or(0, String::len);
                edit.name.len() <= NAME_BYTES_MAX && value <= VALUE_BYTES_MAX
            };
            let added = edits.iter().filter(|edit| edit.value.is_some()).count();
            if !edits.iter().all(fits) || rights.settings().count() + added > COUNT_MAX {
                return Err(Refused::TooLarge);
            }
            for Edit { name, value } in edits {
                let kept = rights.settings().find(|setting| setting.name == name);
                if kept.map(|setting| &setting.value) != value.as_ref() {
                    work.push(Change::SetSetting { name, value });
                }
            }
            Ok(())
        })
        .await
    }

    /// Calls `listener` after settings were changed and saved, on the task that saves: it must not wait.
    pub fn on_settings(&self, listener: impl Fn() + Send + Sync + 'static) {
        self.inner
            .settings_listeners
            .write()
            .unwrap_or_else(PoisonError::into_inner)
            .push(Arc::new(listener));
    }
}
