#![allow(clippy::all, warnings, clippy::pedantic, clippy::print_stdout, clippy::unwrap_used)]
use std::io::BufRead;
fn main() {
    let fam: String = std::env::args().nth(1).unwrap();
    let f = llm::Family::ALL.into_iter().find(|f| f.name() == fam).unwrap();
    let t = std::time::Instant::now();
    let c = f.load(std::path::Path::new(&format!("/tmp/s3/vocab/f/{fam}.vocabulary"))).unwrap();
    eprintln!("{fam} load {:?}", t.elapsed());
    if std::env::args().nth(2).is_some() {
        for (n, s) in [("a", "a".repeat(100_000)), ("sp", " ".repeat(100_000)), ("nl", "\n".repeat(100_000)), ("A", "A".repeat(100_000)), ("han", "日".repeat(100_000)), ("mix", "ab ".repeat(33_000)), ("!", "!".repeat(100_000)), ("dia", "\u{301}".repeat(50_000)), (" \n", " \n".repeat(50_000)), ("' ", "' \t".repeat(33_000)), ("rand", (0..100_000u64).map(|i| char::from(b'a' + ((i.wrapping_mul(6364136223846793005).wrapping_add(1442695040888963407) >> 33) % 26) as u8)).collect())] {
            let t = std::time::Instant::now();
            let k = c.count(&s);
            eprintln!("  {n} {k} {:?}", t.elapsed());
        }
        let text = std::fs::read_to_string("/work/main/ARCHITECTURE.md").unwrap();
        let t = std::time::Instant::now(); let k = c.count(&text); eprintln!("  arch {} bytes {k} {:?}", text.len(), t.elapsed());
        return;
    }
    for line in std::io::stdin().lock().lines() {
        let s: String = serde_json::from_str(&line.unwrap()).unwrap();
        println!("{}", c.count(&s));
    }
}
