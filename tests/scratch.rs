use diglot::engine::causal::*;
use diglot::engine::*;
use diglot::gguf::Gguf;
use diglot::plan::*;
use diglot::{Lang, LangPair};
use std::time::Instant;

fn rss() -> String {
    std::fs::read_to_string("/proc/self/status").unwrap().lines().filter(|l| l.starts_with("VmRSS")||l.starts_with("VmHWM")||l.starts_with("Rss")).collect::<Vec<_>>().join(" ")
}
#[test]
fn go() {
    let Ok(path) = std::env::var("M") else { return };
    let rows: usize = std::env::var("R").map_or(16, |r| r.parse().unwrap());
    let t = Instant::now();
    let g = Gguf::open(path.as_ref()).unwrap();
    println!("estimate {}", CausalEngine::estimate(&g, Options::default()).unwrap());
    let mut e = CausalEngine::load(g, Profile::named(&std::env::var("P").unwrap_or("chatml".into())).unwrap(), Options{max_rows: rows, ..Options::default()}).unwrap();
    println!("loaded {:?} {}", t.elapsed(), rss());
    let texts = ["Der Bundestag hat am Donnerstag ein neues Gesetz beschlossen.", "Die Preise sind im Mai um 3,2 Prozent gestiegen.", "Ein Hund lief über die Straße.", "Guten Morgen!", "Der Vulkan auf der Insel ist am Sonntag erneut ausgebrochen, teilte die Behörde mit, und mehrere Tausend Menschen mussten ihre Häuser verlassen."];
    let reqs: Vec<_> = texts.iter().map(|t| Request { task: Task::Translate { pair: LangPair { source: Lang::DE, target: Lang::EN }, text: t.to_string(), wording: Wording::Plain }, decoding: Decoding::Greedy, max_tokens: 60 }).collect();
    let t = Instant::now();
    let (mut pre, mut dec) = (0, 0);
    let out = e.run(&reqs, &mut |ev| { match ev { Event::Prefilled{tokens} => pre += tokens, Event::Decoded{tokens} => dec += tokens, Event::Finished{index, hypothesis} => println!("{index} {:?} {}", t.elapsed(), hypothesis.text) } Flow::Continue }).unwrap();
    println!("{pre} {dec} {:?} {:.1} tok/s {}", t.elapsed(), dec as f64 / t.elapsed().as_secs_f64(), rss());
    for h in &out { println!("{h:?}") }
    let one = e.run(&reqs[4..5], &mut |_| Flow::Continue).unwrap();
    println!("{one:?}");
}
