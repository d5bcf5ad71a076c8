//! A line to the registry that breaks after so many bytes.

use std::{
    io::{Read, Write},
    net::{Shutdown, TcpListener, TcpStream},
    sync::{
        Arc, Mutex,
        atomic::{AtomicU64, Ordering},
    },
    thread,
};

/// What happens when the line breaks.
type OnCut = Arc<Mutex<dyn FnMut() + Send>>;

/// A line between the program and a registry.
pub struct Proxy {
    port: u16,
    /// Bytes that came from the registry.
    carried: Arc<AtomicU64>,
    /// After how many bytes it breaks next, one after another.
    left: Arc<Mutex<Vec<u64>>>,
}

impl Proxy {
    /// A line that breaks each time that so many further bytes came, as often as there are numbers.
    pub fn new(to: u16, cuts: &[u64], on_cut: impl FnMut() + Send + 'static) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let port = listener.local_addr().unwrap().port();
        let carried = Arc::new(AtomicU64::new(0));
        let left = Arc::new(Mutex::new(cuts.iter().rev().copied().collect::<Vec<_>>()));
        let on_cut: OnCut = Arc::new(Mutex::new(on_cut));
        let proxy = Self { port, carried: Arc::clone(&carried), left: Arc::clone(&left) };
        // It ends with the test's process.
        thread::spawn(move || {
            for near in listener.incoming().flatten() {
                let (carried, left, on_cut) = (Arc::clone(&carried), Arc::clone(&left), Arc::clone(&on_cut));
                // A registry that is not there hangs up.
                let Ok(far) = TcpStream::connect(("127.0.0.1", to)) else { continue };
                let (mut near_in, mut far_out) = (near.try_clone().unwrap(), far.try_clone().unwrap());
                thread::spawn(move || {
                    let _ = std::io::copy(&mut near_in, &mut far_out);
                    let _ = far_out.shutdown(Shutdown::Write);
                });
                thread::spawn(move || back(far, near, &carried, &left, &on_cut));
            }
        });
        proxy
    }

    /// `oci://…/NAME` over this line.
    pub fn reference(&self, name: &str) -> String {
        format!("oci://127.0.0.1:{}/{name}", self.port)
    }

    /// Bytes that came from the registry.
    pub fn carried(&self) -> u64 {
        self.carried.load(Ordering::Relaxed)
    }

    /// How often it has yet to break.
    pub fn cuts_left(&self) -> usize {
        self.left.lock().unwrap().len()
    }
}

/// Carries answers back until the line breaks.
fn back(
    mut far: TcpStream,
    mut near: TcpStream,
    carried: &AtomicU64,
    left: &Mutex<Vec<u64>>,
    on_cut: &OnCut,
) {
    let mut chunk = vec![0; 16 << 10];
    while let Ok(read) = far.read(&mut chunk) {
        if read == 0 || near.write_all(&chunk[..read]).is_err() {
            break;
        }
        carried.fetch_add(read as u64, Ordering::Relaxed);
        let mut cuts = left.lock().unwrap();
        let Some(next) = cuts.last_mut() else { continue };
        *next = next.saturating_sub(read as u64);
        if *next == 0 {
            cuts.pop();
            drop(cuts);
            (on_cut.lock().unwrap())();
            break;
        }
    }
    let _ = near.shutdown(Shutdown::Both);
    let _ = far.shutdown(Shutdown::Both);
}
