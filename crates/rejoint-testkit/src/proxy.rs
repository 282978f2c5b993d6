//! A way to the server that can be cut: for tests of what happens when a connection breaks.
//!
//! The proxy understands as much of MySQL's protocol as it needs to find the commands of a client: packets have a
//! header of 4 bytes (length, sequence number), and a client's packet with sequence number 0 begins a command.
//! After a client has asked for TLS only bytes can be seen: commands are not counted on such a connection, so tests
//! that cut at commands connect without TLS ([`Proxy::start`] says how they see that they did not).

use std::collections::HashMap;
use std::io::{self, Read, Write};
use std::net::{Shutdown, TcpListener, TcpStream};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread::JoinHandle;

use crate::Server;

/// When to cut. Commands and bytes are counted over all connections, from the call of [`Proxy::cut`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum CutAt {
    /// At the client's n-th command (1 is the next one).
    Command(u64),
    /// At the first command whose SQL text contains this.
    Query(String),
    /// After n bytes from clients, in the middle of a packet if it falls there.
    ClientBytes(u64),
    /// After n bytes from the server, in the middle of a packet if it falls there.
    ServerBytes(u64),
}

/// One planned cut. All connections of the proxy are closed by it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Cut {
    /// When.
    pub at: CutAt,
    /// For a command: does the server still get it? Then its answer is awaited and kept from the client, who cannot
    /// know whether it was carried out.
    pub after_execution: bool,
    /// Are later connections refused, until [`Proxy::allow`]?
    pub stay_down: bool,
}

impl Cut {
    /// Cut in place of the n-th command; later connections work.
    pub fn before_command(n: u64) -> Self {
        Self { at: CutAt::Command(n), after_execution: false, stay_down: false }
    }

    /// Cut after the server has carried out the n-th command, in place of its answer; later connections work.
    pub fn after_command(n: u64) -> Self {
        Self { at: CutAt::Command(n), after_execution: true, stay_down: false }
    }

    /// Cut in place of the first query that contains this text.
    pub fn before_query(text: &str) -> Self {
        Self { at: CutAt::Query(text.to_string()), after_execution: false, stay_down: false }
    }

    /// Cut after the server has carried out the first query that contains this text, in place of its answer.
    pub fn after_query(text: &str) -> Self {
        Self { at: CutAt::Query(text.to_string()), after_execution: true, stay_down: false }
    }

    /// Cut after n bytes from the server.
    pub fn after_server_bytes(n: u64) -> Self {
        Self { at: CutAt::ServerBytes(n), after_execution: false, stay_down: false }
    }

    /// Cut after n bytes from clients.
    pub fn after_client_bytes(n: u64) -> Self {
        Self { at: CutAt::ClientBytes(n), after_execution: false, stay_down: false }
    }

    /// The same, and later connections are refused until [`Proxy::allow`].
    #[must_use]
    pub fn and_stay_down(mut self) -> Self {
        self.stay_down = true;
        self
    }
}

#[derive(Default)]
struct State {
    cut: Option<Cut>,
    /// Counted since the cut was planned.
    n_commands: u64,
    client_bytes: u64,
    server_bytes: u64,
    n_cuts: u64,
    n_connections: u64,
    n_tls: u64,
    down: bool,
    stopped: bool,
    commands: Vec<String>,
    open: HashMap<u64, Connection>,
}

struct Connection {
    client: TcpStream,
    server: TcpStream,
    /// The command to cut at has been sent: the next byte from the server is the cut.
    cut_at_answer: bool,
}

/// Listens on a port of this machine and forwards to a server, until it is told to cut.
pub struct Proxy {
    state: Arc<Mutex<State>>,
    listener: Option<JoinHandle<()>>,
    port: u16,
    target: Server,
}

impl Proxy {
    /// Start in front of a server. Connect to [`Proxy::server`].
    ///
    /// Commands are seen only on connections without TLS; [`Proxy::n_tls`] counts the others, and [`Proxy::cut`]
    /// at a command panics once there was one, because it could never happen.
    ///
    /// # Panics
    /// When no local port can be had.
    pub fn start(target: &Server) -> Self {
        let listener = TcpListener::bind(("127.0.0.1", 0)).expect("a free port");
        let port = listener.local_addr().expect("the port").port();
        let state = Arc::new(Mutex::new(State::default()));
        let thread = {
            let state = Arc::clone(&state);
            let address = (target.host.clone(), target.port);
            std::thread::spawn(move || {
                for (id, client) in (0u64..).zip(listener.incoming()) {
                    if lock(&state).stopped {
                        break;
                    }
                    let Ok(client) = client else { continue };
                    if lock(&state).down {
                        continue; // dropped: the client sees its connection closed
                    }
                    let Ok(server) = TcpStream::connect((address.0.as_str(), address.1)) else { continue };
                    open(&state, id, client, server);
                }
            })
        };
        Self { state, listener: Some(thread), port, target: target.clone() }
    }

    /// The server, reached through this proxy.
    pub fn server(&self) -> Server {
        self.target.at("127.0.0.1", self.port)
    }

    /// Plan a cut, in place of an earlier plan; counters start at 0.
    ///
    /// # Panics
    /// For a cut at a command when a client has used TLS.
    pub fn cut(&self, cut: Cut) {
        let mut state = lock(&self.state);
        assert!(
            state.n_tls == 0 || matches!(cut.at, CutAt::ClientBytes(_) | CutAt::ServerBytes(_)),
            "a client used TLS: its commands cannot be seen, so nothing would be cut; connect without TLS"
        );
        (state.n_commands, state.client_bytes, state.server_bytes) = (0, 0, 0);
        state.cut = Some(cut);
    }

    /// Close every connection now.
    pub fn cut_now(&self) {
        close_all(&mut lock(&self.state));
    }

    /// Close every connection now and refuse new ones, until [`Proxy::allow`].
    pub fn refuse(&self) {
        let mut state = lock(&self.state);
        state.down = true;
        close_all(&mut state);
    }

    /// Let connections through again, and forget a planned cut.
    pub fn allow(&self) {
        let mut state = lock(&self.state);
        state.down = false;
        state.cut = None;
    }

    /// How often it has cut. A test of a cut asserts this: a cut that was planned too late proves nothing.
    pub fn n_cuts(&self) -> u64 {
        lock(&self.state).n_cuts
    }

    /// Connections opened so far.
    pub fn n_connections(&self) -> u64 {
        lock(&self.state).n_connections
    }

    /// Connections that went over to TLS.
    pub fn n_tls(&self) -> u64 {
        lock(&self.state).n_tls
    }

    /// Commands since the last planned cut, or since the start.
    pub fn n_commands(&self) -> u64 {
        lock(&self.state).n_commands
    }

    /// Every command so far: the SQL text of queries and prepared statements, else `command 0x..`.
    pub fn commands(&self) -> Vec<String> {
        lock(&self.state).commands.clone()
    }
}

impl Drop for Proxy {
    fn drop(&mut self) {
        {
            let mut state = lock(&self.state);
            state.stopped = true;
            close_all(&mut state);
        }
        drop(TcpStream::connect(("127.0.0.1", self.port))); // wakes the listener
        if let Some(listener) = self.listener.take() {
            drop(listener.join());
        }
    }
}

fn lock(state: &Mutex<State>) -> MutexGuard<'_, State> {
    state.lock().unwrap_or_else(PoisonError::into_inner)
}

fn close_all(state: &mut State) {
    for (_, connection) in state.open.drain() {
        // Both ends may be gone already.
        drop(connection.client.shutdown(Shutdown::Both));
        drop(connection.server.shutdown(Shutdown::Both));
    }
}

fn do_cut(state: &mut State) {
    let stay_down = state.cut.take().is_some_and(|cut| cut.stay_down);
    state.down |= stay_down;
    state.n_cuts += 1;
    close_all(state);
}

fn open(state: &Arc<Mutex<State>>, id: u64, client: TcpStream, server: TcpStream) {
    // Small packets go back and forth: waiting to fill segments would make every command take 40 ms.
    drop(client.set_nodelay(true));
    drop(server.set_nodelay(true));
    let copies = (client.try_clone(), server.try_clone(), client.try_clone(), server.try_clone());
    let (Ok(client_copy), Ok(server_copy), Ok(client_back), Ok(server_back)) = copies else { return };
    {
        let mut state = lock(state);
        state.n_connections += 1;
        let connection = Connection { client: client_copy, server: server_copy, cut_at_answer: false };
        state.open.insert(id, connection);
    }
    let (up, down) = (Arc::clone(state), Arc::clone(state));
    std::thread::spawn(move || {
        drop(from_client(&up, id, client, server));
        close(&up, id);
    });
    std::thread::spawn(move || {
        drop(from_server(&down, id, server_back, client_back));
        close(&down, id);
    });
}

fn close(state: &Mutex<State>, id: u64) {
    if let Some(connection) = lock(state).open.remove(&id) {
        drop(connection.client.shutdown(Shutdown::Both));
        drop(connection.server.shutdown(Shutdown::Both));
    }
}

/// Forward packet by packet, and byte by byte once TLS hides the packets.
fn from_client(
    state: &Mutex<State>,
    id: u64,
    mut client: TcpStream,
    mut server: TcpStream,
) -> io::Result<()> {
    loop {
        let mut packet = vec![0; 4];
        client.read_exact(&mut packet)?;
        let length = usize::from(packet[0]) | usize::from(packet[1]) << 8 | usize::from(packet[2]) << 16;
        let sequence = packet[3];
        packet.resize(4 + length, 0);
        client.read_exact(&mut packet[4..])?;
        let payload = &packet[4..];
        if sequence == 0 && !command(state, id, payload) {
            return Ok(());
        }
        if !forward(state, &mut server, &packet, true)? {
            return Ok(());
        }
        // A login packet of 32 bytes with the flag CLIENT_SSL is the request for TLS.
        if sequence == 1 && payload.len() == 32 && payload[1] & 0x08 != 0 {
            lock(state).n_tls += 1;
            return raw(state, &mut client, &mut server, true);
        }
    }
}

fn from_server(
    state: &Mutex<State>,
    id: u64,
    mut server: TcpStream,
    mut client: TcpStream,
) -> io::Result<()> {
    let mut buffer = vec![0; 64 * 1024];
    loop {
        let n = server.read(&mut buffer)?;
        if n == 0 {
            return Ok(());
        }
        {
            let mut state = lock(state);
            if state.open.get(&id).is_some_and(|connection| connection.cut_at_answer) {
                do_cut(&mut state);
                return Ok(());
            }
        }
        if !forward(state, &mut client, &buffer[..n], false)? {
            return Ok(());
        }
    }
}

fn raw(state: &Mutex<State>, from: &mut TcpStream, to: &mut TcpStream, client: bool) -> io::Result<()> {
    let mut buffer = vec![0; 64 * 1024];
    loop {
        let n = from.read(&mut buffer)?;
        if n == 0 || !forward(state, to, &buffer[..n], client)? {
            return Ok(());
        }
    }
}

/// Note a command; `false` when the connection is cut in its place.
fn command(state: &Mutex<State>, id: u64, payload: &[u8]) -> bool {
    const COM_QUERY: u8 = 0x03;
    const COM_STMT_PREPARE: u8 = 0x16;
    let text = match payload.split_first() {
        Some((&(COM_QUERY | COM_STMT_PREPARE), sql)) => Some(String::from_utf8_lossy(sql).into_owned()),
        _ => None,
    };
    let mut state = lock(state);
    state.n_commands += 1;
    let hit = match state.cut.as_ref().map(|cut| &cut.at) {
        Some(CutAt::Command(n)) => state.n_commands == *n,
        Some(CutAt::Query(part)) => text.as_ref().is_some_and(|sql| sql.contains(part)),
        _ => false,
    };
    state
        .commands
        .push(text.unwrap_or_else(|| format!("command {:#04x}", payload.first().copied().unwrap_or(0))));
    if hit && state.cut.as_ref().is_some_and(|cut| cut.after_execution) {
        if let Some(connection) = state.open.get_mut(&id) {
            connection.cut_at_answer = true;
        }
    } else if hit {
        do_cut(&mut state);
        return false;
    }
    true
}

/// Pass bytes on, up to where the cut falls; `false` when it fell.
fn forward(state: &Mutex<State>, to: &mut TcpStream, bytes: &[u8], client: bool) -> io::Result<bool> {
    let allowed = {
        let mut state = lock(state);
        let limit = match state.cut.as_ref().map(|cut| &cut.at) {
            Some(CutAt::ClientBytes(n)) if client => Some(*n),
            Some(CutAt::ServerBytes(n)) if !client => Some(*n),
            _ => None,
        };
        let counter = if client { &mut state.client_bytes } else { &mut state.server_bytes };
        let before = *counter;
        *counter += bytes.len() as u64;
        match limit {
            Some(n) if *counter >= n => Some(usize::try_from(n.saturating_sub(before)).unwrap_or(usize::MAX)),
            _ => None,
        }
    };
    match allowed {
        None => to.write_all(bytes).map(|()| true),
        Some(n) => {
            to.write_all(&bytes[..n.min(bytes.len())])?;
            do_cut(&mut lock(state));
            Ok(false)
        }
    }
}
