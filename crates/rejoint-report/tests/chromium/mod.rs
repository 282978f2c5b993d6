//! A headless Chromium, driven by its DevTools protocol over a websocket.

use serde_json::{Value, json};
use std::net::TcpStream;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};
use tungstenite::stream::MaybeTlsStream;
use tungstenite::{Message, WebSocket};

const PATIENCE: Duration = Duration::from_secs(60);

/// A browser with one tab. It ends with the value.
pub(crate) struct Browser {
    child: Child,
    _profile: tempfile::TempDir,
    socket: WebSocket<MaybeTlsStream<TcpStream>>,
    session: Option<String>,
    next: u64,
    /// Exceptions, console errors, failed requests, and requests to anything but files and data.
    pub(crate) complaints: Vec<String>,
    loaded: bool,
}

impl Browser {
    pub(crate) fn start() -> Browser {
        let program = std::env::var("RJ_TEST_CHROMIUM")
            .expect("RJ_TEST_CHROMIUM names no Chromium; run: eval \"$(dev/browser)\"");
        let profile = tempfile::tempdir().expect("a folder for the profile");
        let child = Command::new(program)
            .args(["--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run"])
            .args(["--disable-background-networking", "--disable-component-update", "--disable-sync"])
            .args(["--remote-debugging-port=0", "--window-size=1280,900", "--hide-scrollbars"])
            .arg(format!("--user-data-dir={}", profile.path().display()))
            .arg("about:blank")
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .expect("Chromium starts");
        let address = address(&profile.path().join("DevToolsActivePort"));
        let (socket, _) = tungstenite::connect(address.as_str()).expect("a connection to Chromium");
        if let MaybeTlsStream::Plain(stream) = socket.get_ref() {
            stream.set_read_timeout(Some(PATIENCE)).expect("a time limit");
        }
        let mut browser = Browser {
            child,
            _profile: profile,
            socket,
            session: None,
            next: 0,
            complaints: Vec::new(),
            loaded: false,
        };
        let target = browser.call("Target.createTarget", json!({"url": "about:blank"}));
        let attach = json!({"targetId": target["targetId"], "flatten": true});
        let session = browser.call("Target.attachToTarget", attach);
        browser.session = session["sessionId"].as_str().map(str::to_owned);
        for domain in ["Page", "Runtime", "Log", "Network"] {
            browser.call(&format!("{domain}.enable"), json!({}));
        }
        browser
    }

    /// Calls a method and waits for its result.
    pub(crate) fn call(&mut self, method: &str, parameters: Value) -> Value {
        self.next += 1;
        let id = self.next;
        let mut message = json!({"id": id, "method": method, "params": parameters});
        if let Some(session) = &self.session {
            message["sessionId"] = json!(session);
        }
        self.socket.send(Message::text(message.to_string())).expect("a message to Chromium");
        loop {
            let answer = self.receive();
            if answer["id"] == json!(id) {
                assert!(answer["error"].is_null(), "{method}: {}", answer["error"]);
                return answer["result"].clone();
            }
        }
    }

    fn receive(&mut self) -> Value {
        loop {
            let message = self.socket.read().expect("a message from Chromium within a minute");
            let Message::Text(text) = message else { continue };
            let event: Value = serde_json::from_str(&text).expect("JSON");
            self.note(&event);
            return event;
        }
    }

    fn note(&mut self, event: &Value) {
        let what = &event["params"];
        let complaint = match event["method"].as_str().unwrap_or_default() {
            "Page.loadEventFired" => {
                self.loaded = true;
                return;
            }
            "Runtime.exceptionThrown" => what["exceptionDetails"].to_string(),
            "Runtime.consoleAPICalled" => what["args"].to_string(),
            "Log.entryAdded" => what["entry"].to_string(),
            "Network.loadingFailed" => what.to_string(),
            "Network.requestWillBeSent" => {
                let url = what["request"]["url"].as_str().unwrap_or_default();
                if ["file:", "data:", "about:"].iter().any(|scheme| url.starts_with(scheme)) {
                    return;
                }
                format!("a request to {url}")
            }
            _ => return,
        };
        self.complaints.push(complaint);
    }

    /// Opens a page and waits until it is there.
    pub(crate) fn open(&mut self, page: &Path) {
        self.loaded = false;
        self.call("Page.navigate", json!({"url": format!("file://{}", page.display())}));
        while !self.loaded {
            self.receive();
        }
    }

    /// The value of an expression; a promise is waited for.
    pub(crate) fn eval(&mut self, expression: &str) -> Value {
        let parameters = json!({"expression": expression, "returnByValue": true, "awaitPromise": true});
        let result = self.call("Runtime.evaluate", parameters);
        assert!(result["exceptionDetails"].is_null(), "{expression}: {}", result["exceptionDetails"]);
        result["result"]["value"].clone()
    }

    /// Waits until what was asked for is on the screen.
    pub(crate) fn settle(&mut self) {
        self.eval("new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(() => done(0))))");
    }

    /// Types into the element that a selector names.
    pub(crate) fn type_into(&mut self, selector: &str, text: &str) {
        self.eval(&format!(
            "{{ const e = document.querySelector({}); e.focus(); e.select(); }} 0",
            json!(selector)
        ));
        self.call("Input.insertText", json!({"text": text}));
        self.settle();
    }

    pub(crate) fn key(&mut self, key: &str) {
        let text = if key.chars().count() == 1 { key } else { "" };
        self.call("Input.dispatchKeyEvent", json!({"type": "keyDown", "key": key, "text": text}));
        self.call("Input.dispatchKeyEvent", json!({"type": "keyUp", "key": key}));
        self.settle();
    }

    pub(crate) fn wheel(&mut self, x: f64, y: f64, delta: f64) {
        let event = json!({"type": "mouseWheel", "x": x, "y": y, "deltaX": 0, "deltaY": delta});
        self.call("Input.dispatchMouseEvent", event);
        self.settle();
    }

    pub(crate) fn click(&mut self, selector: &str) {
        self.eval(&format!("document.querySelector({}).click(), 0", json!(selector)));
        self.settle();
    }

    /// `light` or `dark`, and `screen` or `print`.
    pub(crate) fn media(&mut self, scheme: &str, medium: &str) {
        let features = json!([{"name": "prefers-color-scheme", "value": scheme}]);
        self.call("Emulation.setEmulatedMedia", json!({"media": medium, "features": features}));
        self.settle();
    }

    /// A PNG of what is seen, or of the whole page.
    pub(crate) fn screenshot(&mut self, whole: bool) -> Vec<u8> {
        let shot = self.call("Page.captureScreenshot", json!({"captureBeyondViewport": whole}));
        let data = shot["data"].as_str().expect("a picture");
        data_encoding::BASE64.decode(data.as_bytes()).expect("base64")
    }
}

impl Drop for Browser {
    fn drop(&mut self) {
        // its own processes end with it
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Chromium writes the port it got, and a path, into its profile.
fn address(file: &Path) -> String {
    let begin = Instant::now();
    while begin.elapsed() < PATIENCE {
        let text = std::fs::read_to_string(file).unwrap_or_default();
        if let Some((port, path)) = text.trim().split_once('\n') {
            return format!("ws://127.0.0.1:{port}{path}");
        }
        std::thread::sleep(Duration::from_millis(50));
    }
    panic!("Chromium did not open its port within a minute");
}
