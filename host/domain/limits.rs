//! Every limit of the sandbox, with its reason.

use std::time::Duration;

/// A job's deadline where neither the user nor the check names one. Checks measure in milliseconds; a person who waits for
/// a gate wants to hear of a stuck one before looking away.
pub const DEFAULT_TIMEOUT: Duration = Duration::from_secs(10);

/// How often guests are looked at for their deadline. A hundredth of a second costs nothing measurable and is finer than anybody asks for.
pub const TICK: Duration = Duration::from_millis(10);

/// How long past its deadline a host call may take to clean up (end a process tree, remove a probe file) before its thread is abandoned.
pub const GRACE: Duration = Duration::from_millis(500);

/// How long `describe` may take: it only writes down constants.
pub const DESCRIBE_TIMEOUT: Duration = Duration::from_secs(2);

/// Largest plugin. The built-in ones are below 1 MiB; a Python interpreter with its library is 18 MB.
pub const PLUGIN_BYTES: usize = 64 << 20;

/// How long a registry or a server may take to accept a connection.
pub const CONNECT_TIMEOUT: Duration = Duration::from_secs(10);

/// How long one download may take altogether: the largest plugin on a line of a megabit in a second.
pub const FETCH_TIMEOUT: Duration = Duration::from_mins(10);

/// How long a download may bring nothing: who waits for longer waits for ever.
pub const SILENCE_TIMEOUT: Duration = Duration::from_secs(30);

/// How often a server may send a download on to another place: file hosts do it once or twice.
pub const REDIRECTS: usize = 5;

/// Memory that the child which compiles a plugin may write to. A Python interpreter takes 350 MiB on two cores, each further thread some dozens.
pub const COMPILE_MEMORY_BYTES: u64 = 2 << 30;

/// Threads that compile a plugin: with more, the memory would grow with the machine and the time would not shrink.
pub const COMPILE_THREADS: usize = 8;

/// Processor time for compiling a plugin. A Python interpreter takes 8 to 36 seconds of it, by machine.
pub const COMPILE_CPU: Duration = Duration::from_mins(5);

/// How long compiling a plugin may take by the clock: on one slow core, a Python interpreter takes a minute.
pub const COMPILE_TIMEOUT: Duration = Duration::from_mins(3);

/// Compiled code of one plugin. It has about twice the bytes of the plugin, four times in small ones.
pub const COMPILED_BYTES: u64 = 4 * PLUGIN_BYTES as u64;

/// Largest bundle: a dozen Python plugins with their documentation and some models of tables. It is streamed, never in memory.
pub const BUNDLE_BYTES: u64 = 2 << 30;

/// Files of a bundle.
pub const BUNDLE_MEMBERS: usize = 10_000;

/// Largest bundle.toml: that of a bundle with as many files as there may be takes some 2 MB.
pub const MANIFEST_BYTES: usize = 4 << 20;

/// Largest profile of a bundle: as large as gonogo.toml may be.
pub const PROFILE_BYTES: u64 = 4 << 20;

/// Largest signature, or payload of one: those of RSA keys of 16,384 bits take 6 KB.
pub const SIGNATURE_BYTES: usize = 64 << 10;

/// Signatures of one artifact that are looked at. Whoever can write into a repository could put any number there.
pub const SIGNATURES: usize = 32;

/// Largest file of signers: some 5,000 keys.
pub const SIGNERS_BYTES: usize = 1 << 20;

/// Largest manifest of a registry: what the distribution specification asks registries to take.
pub const OCI_MANIFEST_BYTES: usize = 4 << 20;

/// Bytes of a registry's refusal that are read: messages for people.
pub const ERROR_BYTES: usize = 64 << 10;

/// How often a download is tried again after a lost connection, without any progress in between.
pub const RETRIES: u32 = 4;

/// The same, whatever the progress: a server that sends a byte and hangs up must not keep us for ever.
pub const RETRIES_ALTOGETHER: u32 = 50;

/// How long to wait before the first of them; each next pause is twice as long. Together 6 s: a registry is started again in that time.
pub const RETRY_PAUSE: Duration = Duration::from_millis(400);

/// Bytes of an upload that go in one request, and so are in memory.
pub const UPLOAD_CHUNK: u64 = 8 << 20;

/// All linear memory of a job together. A Python guest starts at 20 MiB; ours stay below 4.
pub const MEMORY_BYTES: usize = 256 << 20;

/// Elements of all tables of a job together. Large interpreters have some 10,000 functions in theirs.
pub const TABLE_ELEMENTS: usize = 200_000;

/// Core instances of a job. A component made from one core module has three or four, one of many linked libraries some thirty.
pub const INSTANCES: u32 = 64;

/// Memories of a job, and tables. A component made from one core module has one or two.
pub const MEMORIES: u32 = 8;

/// Memory of a job that stays with its slot when it ends, wiped: built-in checks touch less, so that the next job meets no page fault.
pub const KEPT_MEMORY_BYTES: usize = 2 << 20;

/// The same, of each table.
pub const KEPT_TABLE_BYTES: usize = 64 << 10;

/// Most jobs at once that `--jobs` takes. They wait more than they work, but 4 GiB of address space are set aside for each memory that they may have.
pub const JOBS_AT_ONCE: u16 = 128;

/// Call stack of a guest.
pub const STACK_BYTES: usize = 1 << 20;

/// Stack of a thread that runs guests: theirs, and room for the host functions they call.
pub const THREAD_STACK_BYTES: usize = STACK_BYTES + (3 << 20);

/// Bytes that one call may hand from the guest to the host: strings and lists of arguments, and the whole outcome.
pub const CALL_BYTES: usize = 8 << 20;

/// Resource handles that a job may hold at once: walks, searches, contents. A check that looks into archives in archives holds a dozen.
pub const HANDLES: usize = 1_000;

/// Host calls of one job. 500 path assertions take about 1,000.
pub const CALLS: u32 = 1_000_000;

/// Bytes of the host answers that a recording of one job keeps. The longest of the built-in checks' have some 100 KiB.
pub const RECORDED_BYTES: usize = 64 << 20;

/// Memory for rows that are kept so that the next question need not read them again, of all jobs of a run together.
pub const DATASET_KEPT_BYTES: usize = 400 << 20;

/// Memory that one query may work with. With what is kept and what else the process takes, a run with tables stays below a gigabyte.
pub const DATASET_QUERY_BYTES: usize = 224 << 20;

/// Queries of a run that are worked on at a time: each takes all cores. Two, so that an endless one does not hold up all others.
pub const DATASET_QUERIES_AT_ONCE: usize = 2;

/// Disk space that queries of one job may spill to.
pub const DATASET_SPILL_BYTES: u64 = 32 << 30;

/// Log text of one job.
pub const LOG_BYTES: usize = 64 << 10;

/// Random bytes that a guest of WASI gets in one call. Language runtimes ask for 16 to 256, to seed their hashes.
pub const RANDOM_BYTES: u64 = 1 << 20;

/// Findings of one job; a person reads some dozens. Further ones are counted.
pub const FINDINGS: usize = 1_000;

/// Facts of one job. A check of 500 paths has some 500.
pub const FACTS: usize = 5_000;

/// Bytes of one message, hint, value or bound.
pub const TEXT_BYTES: usize = 4_000;

/// Bytes of a summary, a title or a fact's name.
pub const LINE_BYTES: usize = 400;

/// Checks of one plugin; the built-in ones have about a dozen each.
pub const CHECKS: usize = 500;

/// Bytes of what `describe` says altogether.
pub const DESCRIPTION_BYTES: usize = 2 << 20;

/// Unpacked bytes of archives that a job keeps in memory at ease. Beyond, what was read longest ago is forgotten, and unpacked again when it is asked for.
pub const UNPACKED_KEPT_BYTES: usize = 128 << 20;

/// Unpacked bytes that a job may keep in memory at all, with the dictionaries of its decoders: all of them at the least that each needs.
pub const UNPACKED_BYTES: usize = 512 << 20;

/// Bytes that a job may read from files by way of contents, and unpack from them, altogether: a large checkpoint once.
pub const CONTENT_BYTES: u64 = 20 << 30;

/// Most bytes unpacked from one byte. Deflate reaches 1,032 on zeros alone, real data 20 or so.
pub const UNPACKED_RATIO: u64 = 1_000;

/// Bytes that may be unpacked whatever the ratio: small files of zeros are no attack.
pub const UNPACKED_FREE_BYTES: u64 = 16 << 20;

/// Archives within one another. People make two or three: a compressed tar in a zip.
pub const ARCHIVE_LEVELS: u32 = 8;

/// Members of all archives that one job looks into. Their list takes some 20 MiB of a plugin's memory.
pub const ARCHIVE_MEMBERS: usize = 100_000;

/// Bytes of the names of these members, and of the directory of one archive.
pub const ARCHIVE_NAMES_BYTES: usize = 32 << 20;
