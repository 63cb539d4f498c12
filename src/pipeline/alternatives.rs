//! Other translations of segments that have one, from models that search for several at once.

use crate::assemble::Bitext;
use crate::engine::{Event, Flow};
use crate::error::{Error, Result};
use crate::pipeline::{Model, Progress};
use crate::translate::{Alternative, normalised, whole};

/// Asks for up to `count` other translations of each segment that the model translated in one piece. They are shown as
/// the model wrote them and were not checked.
pub(super) fn add_alternatives(
    model: &Model,
    bitext: &mut Bitext,
    count: usize,
    observe: &mut dyn FnMut(Progress<'_>) -> Flow,
) -> Result<()> {
    let budget = model.budget();
    let (mut places, mut requests) = (Vec::new(), Vec::new());
    for (place, unit) in bitext.units.iter().enumerate().filter(|(_, unit)| unit.target.logprob.is_some()) {
        let request = whole(bitext.source(unit), &bitext.pair, budget, &|text| model.count_tokens(text))?;
        if let Some(request) = request {
            places.push(place);
            requests.push(request);
        }
    }
    if requests.is_empty() {
        return Ok(());
    }
    if observe(Progress::Round { requests: requests.len(), number: 1 }) == Flow::Stop {
        return Err(Error::interrupted());
    }
    // One more, since the target is most likely among them.
    let found = model.alternatives(&requests, count + 1, &mut |event| match event {
        Event::Prefilled { tokens } => observe(Progress::Prefilled { tokens }),
        Event::Decoded { tokens } => observe(Progress::Decoded { tokens }),
        Event::Finished { .. } => observe(Progress::Answered),
    })?;
    for (place, hypotheses) in places.into_iter().zip(found) {
        let Some(unit) = bitext.units.get_mut(place) else { continue };
        for hypothesis in hypotheses {
            let text = normalised(&hypothesis.text);
            let known = text == unit.target.text || unit.alternatives.iter().any(|other| other.text == text);
            if !text.is_empty() && !known && unit.alternatives.len() < count {
                unit.alternatives.push(Alternative { text, logprob: hypothesis.logprob });
            }
        }
    }
    Ok(())
}
