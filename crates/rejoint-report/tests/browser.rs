//! The page of a rehearsal in a real browser: it opens from a file without a complaint, and what it offers works.
//!
//! `RJ_SCREENSHOTS=FOLDER` keeps pictures of it, to be looked at.
#![allow(clippy::expect_used, clippy::unwrap_used, clippy::panic, reason = "a test fails by panicking")]

mod chromium;
mod sample;

use chromium::Browser;
use rejoint_report::html::page;
use sample::{Course, rehearsal};
use serde_json::{Value, json};
use std::path::PathBuf;

/// What no name may do: run, load, or end an element.
const HOSTILE: &str = "</script><script>window.broken=1</script>\"'`<img src=x onerror=window.broken=1>${window.broken=1}&lt;\u{202e}é漢";

struct Shown {
    browser: Browser,
    _folder: tempfile::TempDir,
}

fn show(tables: usize, schemas: usize, course: Course, hostile: &str) -> Shown {
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("rehearsal.html");
    std::fs::write(&file, page(&rehearsal(tables, schemas, course, hostile))).expect("a page");
    let mut browser = Browser::start();
    browser.media("light", "screen");
    browser.open(&file);
    browser.settle();
    Shown { browser, _folder: folder }
}

fn keep(browser: &mut Browser, name: &str, whole: bool) {
    if let Ok(folder) = std::env::var("RJ_SCREENSHOTS") {
        let picture = browser.screenshot(whole);
        std::fs::write(PathBuf::from(folder).join(format!("{name}.png")), picture).expect("a picture");
    }
}

fn numbers(value: &Value) -> Vec<f64> {
    let text = value.as_str().unwrap_or_default();
    text.split(' ').filter_map(|n| n.parse().ok()).collect()
}

const VIEW: &str = "document.querySelector('[data-picture=after] svg').getAttribute('viewBox')";

#[test]
fn the_page_opens_without_a_complaint_and_without_a_network() {
    let mut shown = show(40, 4, Course::Findings, "");
    let browser = &mut shown.browser;
    assert_eq!(
        browser.eval("document.querySelector('#verdict h2').textContent"),
        json!("!Passed with findings")
    );
    // headings go down one level at a time, and every section has one
    let jumps = browser.eval(
        "(() => { let last = 0; const bad = []; document.querySelectorAll('h1,h2,h3,h4').forEach((h) => { const n = Number(h.tagName[1]); \
         if (n > last + 1) { bad.push(h.textContent); } last = n; }); return bad; })()",
    );
    assert_eq!(jumps, json!([]));
    let nameless = browser.eval(
        "Array.from(document.querySelectorAll('input,button')).filter((e) => !(e.labels?.length || e.textContent.trim() || \
         e.getAttribute('aria-label'))).map((e) => e.outerHTML)",
    );
    assert_eq!(nameless, json!([]));
    let broken = browser.eval(
        "Array.from(document.querySelectorAll('.contents a')).filter((a) => !document.querySelector(a.getAttribute('href'))).length",
    );
    assert_eq!(broken, json!(0));
    let wider = browser.eval("document.documentElement.scrollWidth > innerWidth");
    assert_eq!(wider, json!(false), "the page scrolls sideways");
    assert_eq!(browser.complaints, Vec::<String>::new());
}

#[test]
fn hostile_names_are_only_text() {
    let mut shown = show(12, 3, Course::Differs, HOSTILE);
    let browser = &mut shown.browser;
    assert_eq!(browser.eval("window.broken === undefined"), json!(true));
    assert_eq!(browser.eval("document.querySelectorAll('script').length"), json!(1));
    assert_eq!(
        browser.eval("document.querySelectorAll('img, iframe, object, link:not([href=\"data:,\"])').length"),
        json!(0)
    );
    let shown_name = browser.eval("document.querySelector('h1').textContent");
    assert!(shown_name.as_str().unwrap_or_default().contains("</script><script>"), "{shown_name}");
    let handlers = browser.eval(
        "Array.from(document.querySelectorAll('*')).filter((e) => e.getAttributeNames().some((n) => n.startsWith('on'))).length",
    );
    assert_eq!(handlers, json!(0));
    assert_eq!(browser.complaints, Vec::<String>::new());
    // and if a script got in, it would not run
    let runs = browser.eval(
        "(() => { const s = document.createElement('script'); s.textContent = 'window.broken = 1'; document.body.append(s); \
         return window.broken !== undefined; })()",
    );
    assert_eq!(runs, json!(false));
    keep(browser, "hostile", true);
}

#[test]
fn the_certificate_is_filtered_and_sorted() {
    let mut shown = show(40, 4, Course::Differs, "");
    let browser = &mut shown.browser;
    let visible = "document.querySelectorAll('[data-list=certified] tbody tr:not([hidden])').length";
    assert_eq!(browser.eval(visible), json!(40));
    browser.click("[data-only=certified]");
    assert_eq!(browser.eval(visible), json!(2));
    assert_eq!(
        browser.eval("document.querySelector('[data-count=certified]').textContent"),
        json!("2 of 40 rows")
    );
    browser.click("[data-only=certified]");
    browser.type_into("[data-filter=certified]", "LAB_PROBE lick");
    let found = browser.eval(visible).as_u64().unwrap_or_default();
    assert!(found > 0 && found < 40, "{found}");
    browser.type_into("[data-filter=certified]", "no such table");
    assert_eq!(browser.eval(visible), json!(0));
    browser.eval("document.querySelector('[data-filter=certified]').value = '', 0");

    let sort = "document.querySelectorAll('[data-list=certified] th[data-sort=number] button')[0].click(), \
                Array.from(document.querySelectorAll('[data-list=certified] tbody tr'), (r) => Number(r.cells[1].dataset.v))";
    let rows = browser.eval(sort);
    let rows: Vec<u64> = rows.as_array().expect("rows").iter().filter_map(Value::as_u64).collect();
    assert!(rows.len() == 40 && rows.is_sorted(), "{rows:?}");
    let rows = browser.eval(sort);
    let rows: Vec<u64> = rows.as_array().expect("rows").iter().filter_map(Value::as_u64).collect();
    assert!(rows.iter().rev().is_sorted(), "{rows:?}");
    assert_eq!(browser.complaints, Vec::<String>::new());
}

#[test]
fn the_picture_is_zoomed_moved_and_searched() {
    let mut shown = show(40, 4, Course::Findings, "");
    let browser = &mut shown.browser;
    browser.click("[data-act=fit]");
    let whole = numbers(&browser.eval(VIEW));
    browser.click("[data-act=in]");
    let closer = numbers(&browser.eval(VIEW));
    assert!(closer[2] < whole[2], "{closer:?}");

    // the wheel belongs to the page until the picture is chosen
    browser.eval("document.querySelector('[data-picture=after]').scrollIntoView({ block: 'center' }), 0");
    let middle = browser.eval(
        "(() => { const r = document.querySelector('[data-picture=after]').getBoundingClientRect(); return [r.x + r.width / 2, r.y + r.height / 2].join(' '); })()",
    );
    let middle = numbers(&middle);
    browser.wheel(middle[0], middle[1], -5.0);
    assert_eq!(numbers(&browser.eval(VIEW)), closer);
    browser.eval("document.querySelector('[data-picture=after]').focus(), 0");
    browser.wheel(middle[0], middle[1], -120.0);
    let wheeled = numbers(&browser.eval(VIEW));
    assert!(wheeled[2] < closer[2], "{wheeled:?}");
    browser.key("ArrowRight");
    let moved = numbers(&browser.eval(VIEW));
    assert!(moved[0] > wheeled[0] && (moved[2] - wheeled[2]).abs() < 0.01, "{moved:?}");
    browser.key("-");
    assert!(numbers(&browser.eval(VIEW))[2] > moved[2]);
    browser.key("0");
    assert_eq!(numbers(&browser.eval(VIEW)), whole);

    let top = "document.querySelector('[data-picture=after]').offsetTop";
    let top_before = browser.eval(top);
    browser.type_into("[data-find]", "fluorescence");
    assert_eq!(browser.eval(top), top_before, "the picture jumps while one types");
    let near = browser.eval("document.querySelectorAll('[data-picture=after] .t.near').length");
    assert!(near.as_u64().unwrap_or_default() > 0);
    assert_eq!(
        browser.eval("document.querySelector('[data-picture=after] svg').classList.contains('fades')"),
        json!(true)
    );
    keep(browser, "searched", false);
    browser.key("Enter");
    assert!(numbers(&browser.eval(VIEW))[2] <= whole[2]);
    browser.key("Escape");
    assert_eq!(numbers(&browser.eval(VIEW)), whole);

    browser.click("[data-side=before]");
    assert_eq!(browser.eval("document.querySelector('[data-picture=after]').hidden"), json!(true));
    browser.click("[data-mark]");
    let marked = browser.eval("document.querySelectorAll('[data-picture=before] .changes').length");
    assert!(marked.as_u64().unwrap_or_default() > 5, "{marked}");
    let strokes = browser.eval(
        "new Set(Array.from(document.querySelectorAll('[data-picture=before] .changes rect'), (r) => getComputedStyle(r).strokeWidth)).size",
    );
    let plain =
        "getComputedStyle(document.querySelector('[data-picture=before] .t:not(.changes) rect')).strokeWidth";
    let mark = "getComputedStyle(document.querySelector('[data-picture=before] .changes rect')).strokeWidth";
    assert_eq!(strokes, json!(1));
    assert_ne!(browser.eval(plain), browser.eval(mark));
    keep(browser, "marked", false);
    assert_eq!(browser.complaints, Vec::<String>::new());
}

/// Contrast of text with what is behind it, by the rules of WCAG 2: 4.5, or 3 for large text.
const CONTRAST: &str = r#"(() => {
  const parse = (c) => { const n = c.match(/[\d.]+/g).map(Number); return n.length > 3 ? n : [...n, 1]; };
  const light = (c) => { const f = (v) => { v /= 255; return v <= 0.03928 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4; };
    return 0.2126 * f(c[0]) + 0.7152 * f(c[1]) + 0.0722 * f(c[2]); };
  const behind = (e) => { for (; e; e = e.parentElement) { const c = parse(getComputedStyle(e).backgroundColor); if (c[3] === 1) { return c; } } return [255, 255, 255, 1]; };
  const bad = new Set();
  document.querySelectorAll('body *').forEach((e) => {
    if (e.closest('svg') || !Array.from(e.childNodes).some((n) => n.nodeType === 3 && n.textContent.trim() !== '')) { return; }
    if (e.tagName === 'SCRIPT' || e.getClientRects().length === 0) { return; }
    const style = getComputedStyle(e);
    const [a, b] = [light(parse(style.color)), light(behind(e))].sort((x, y) => y - x);
    const large = parseFloat(style.fontSize) >= 24 || (parseFloat(style.fontSize) >= 18.6 && Number(style.fontWeight) >= 700);
    const ratio = (a + 0.05) / (b + 0.05);
    if (ratio < (large ? 3 : 4.5)) { bad.add(e.tagName + '.' + e.className + ' ' + ratio.toFixed(2)); }
  });
  return Array.from(bad);
})()"#;

#[test]
fn light_and_dark_can_be_read_and_a_print_is_light() {
    let mut shown = show(40, 4, Course::Findings, "");
    let browser = &mut shown.browser;
    let ground = "getComputedStyle(document.body).backgroundColor + getComputedStyle(document.querySelector('.picture .ground')).fill";
    let mut grounds = Vec::new();
    for scheme in ["light", "dark"] {
        browser.media(scheme, "screen");
        grounds.push(browser.eval(ground));
        assert_eq!(browser.eval(CONTRAST), json!([]), "{scheme}");
        keep(browser, scheme, true);
        for section in ["decisions", "steps", "certificate", "by-hand"] {
            browser.eval(&format!("document.getElementById('{section}').scrollIntoView(), 0"));
            browser.settle();
            keep(browser, &format!("{scheme}-{section}"), false);
        }
    }
    assert_ne!(grounds[0], grounds[1]);
    // the button is stronger than the system
    browser.click("[data-theme-button]");
    assert_eq!(browser.eval(ground), grounds[0]);
    browser.media("light", "screen");
    browser.click("[data-theme-button]");
    assert_eq!(browser.eval(ground), grounds[1]);
    browser.media("dark", "print");
    assert_eq!(
        browser.eval("getComputedStyle(document.querySelector('.picture .ground')).fill"),
        json!("rgb(255, 255, 255)")
    );
    assert_eq!(browser.eval("getComputedStyle(document.querySelector('nav')).display"), json!("none"));
    keep(browser, "print", true);
    let pdf = browser.call("Page.printToPDF", json!({"paperWidth": 8.27, "paperHeight": 11.69}));
    let pdf = data_encoding::BASE64.decode(pdf["data"].as_str().expect("a PDF").as_bytes()).expect("base64");
    assert!(pdf.starts_with(b"%PDF"));
    if let Ok(folder) = std::env::var("RJ_SCREENSHOTS") {
        std::fs::write(PathBuf::from(folder).join("print.pdf"), pdf).expect("a file");
    }
    assert_eq!(browser.complaints, Vec::<String>::new());
}

#[test]
fn a_small_window_does_not_scroll_sideways() {
    let mut shown = show(40, 4, Course::Differs, "");
    let browser = &mut shown.browser;
    let size = json!({"width": 390, "height": 800, "deviceScaleFactor": 1, "mobile": false});
    browser.call("Emulation.setDeviceMetricsOverride", size);
    browser.settle();
    assert_eq!(browser.eval("document.documentElement.scrollWidth <= innerWidth"), json!(true));
    keep(browser, "small", true);
    assert_eq!(browser.complaints, Vec::<String>::new());
}

#[test]
fn four_hundred_tables_stay_responsive() {
    let mut shown = show(400, 40, Course::Findings, "");
    let browser = &mut shown.browser;
    browser.eval("document.querySelector('#pipeline').scrollIntoView(), 0");
    browser.settle();
    keep(browser, "large", false);
    // the middle one of twenty: other programs of the machine take their time now and then
    let frames = browser.eval(
        "(async () => { const frame = () => new Promise((done) => requestAnimationFrame(done)); const times = []; \
         for (let i = 0; i < 20; i += 1) { const begin = performance.now(); \
         document.querySelector('[data-act=' + (i < 10 ? 'in' : 'out') + ']').click(); await frame(); await frame(); \
         times.push(performance.now() - begin); } return times.sort((a, b) => a - b)[10]; })()",
    );
    let milliseconds = frames.as_f64().expect("a duration");
    assert!(milliseconds < 250.0, "a step of the zoom takes {milliseconds} ms");
    let typed = browser.eval(
        "(async () => { const field = document.querySelector('[data-find]'); const begin = performance.now(); field.value = 'unit'; \
         field.dispatchEvent(new Event('input')); await new Promise((done) => requestAnimationFrame(done)); return performance.now() - begin; })()",
    );
    let milliseconds = typed.as_f64().expect("a duration");
    assert!(milliseconds < 500.0, "a search takes {milliseconds} ms");
    keep(browser, "large-searched", false);
    let sorted = browser.eval(
        "(() => { const begin = performance.now(); document.querySelector('[data-list=certified] th button').click(); \
         document.body.offsetHeight; return performance.now() - begin; })()",
    );
    let milliseconds = sorted.as_f64().expect("a duration");
    assert!(milliseconds < 1_000.0, "sorting takes {milliseconds} ms");
    assert_eq!(browser.complaints, Vec::<String>::new());
}
