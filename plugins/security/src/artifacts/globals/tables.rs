//! The tables behind the judgement: modules with the names in them.
//!
//! A module is written with or without `.*` (it and all below). Names are separated by spaces: `*` is any, `Aa*` any class-like one, `ab*` any that starts so.

use super::words;

type Row = (&'static str, &'static str);

/// Harmless, also when called.
const SAFE: &[Row] = &[
    (
        "builtins",
        "object set frozenset dict list tuple bytearray bytes str int float complex bool range slice long unicode xrange basestring Ellipsis NotImplemented None True False NoneType iter zip \
         enumerate reversed len sum min max abs round sorted any all repr hash divmod pow ord chr hex oct bin isinstance issubclass callable id property staticmethod classmethod \
         str.lower str.upper str.strip str.split dict.get dict.fromkeys bytes.fromhex int.from_bytes float.fromhex bytearray.fromhex \
         BaseException Exception ArithmeticError AssertionError AttributeError EOFError ImportError IndexError KeyError KeyboardInterrupt LookupError MemoryError NameError NotImplementedError OSError \
         OverflowError RuntimeError StopIteration SyntaxError SystemError TypeError UnicodeDecodeError UnicodeEncodeError UnicodeError ValueError ZeroDivisionError Warning UserWarning DeprecationWarning \
         FutureWarning RuntimeWarning FileNotFoundError PermissionError TimeoutError IOError ConnectionError",
    ),
    ("collections", "OrderedDict defaultdict Counter deque ChainMap UserDict UserList UserString namedtuple"),
    ("collections.abc", "Aa*"),
    ("copyreg", "_reconstructor __newobj__ __newobj_ex__"),
    ("_codecs", "encode"),
    ("codecs", "encode"),
    ("datetime", "datetime date time timedelta timezone tzinfo UTC"),
    ("decimal", "Decimal Context"),
    ("fractions", "Fraction"),
    ("uuid", "UUID SafeUUID"),
    ("pathlib", "Path PurePath PosixPath PurePosixPath WindowsPath PureWindowsPath"),
    ("array", "array _array_reconstructor"),
    ("io", "BytesIO StringIO"),
    ("re", "_compile RegexFlag"),
    ("_sre", "compile"),
    ("random", "Random"),
    ("argparse", "Namespace"),
    (
        "types",
        "SimpleNamespace MappingProxyType NoneType EllipsisType NotImplementedType GenericAlias UnionType",
    ),
    ("_types", "SimpleNamespace"),
    ("enum", "Enum IntEnum Flag IntFlag StrEnum auto"),
    ("operator", "itemgetter add sub mul truediv floordiv mod neg pos not_ eq ne lt le gt ge and_ or_ xor"),
    (
        "itertools",
        "count cycle repeat chain islice product permutations combinations zip_longest accumulate pairwise",
    ),
    ("functools", "cmp_to_key"),
    ("ipaddress", "Aa*"),
    ("numbers", "Aa*"),
    (
        "typing",
        "Any Union Optional List Dict Tuple Callable Generic TypeVar _GenericAlias _UnionGenericAlias _SpecialForm Literal",
    ),
    ("zoneinfo", "ZoneInfo ZoneInfo._unpickle"),
    ("string", "Template"),
    ("time", "struct_time"),
    ("struct", "Struct"),
    ("statistics", "NormalDist"),
    ("dataclasses", "MISSING _MISSING_TYPE _HAS_DEFAULT_FACTORY_CLASS"),
    ("logging", "Logger getLogger"),
    ("math", "*"),
    ("cmath", "*"),
    ("textwrap", "TextWrapper"),
    ("threading", "Lock RLock"),
    ("weakref", "WeakKeyDictionary WeakValueDictionary WeakSet"),
    ("http.cookiejar", "CookieJar Cookie DefaultCookiePolicy"),
    ("urllib.parse", "ParseResult SplitResult DefragResult"),
    ("xml.etree.ElementTree", "Element ElementTree"),
    ("html.parser", "HTMLParser"),
    ("email.message", "Message EmailMessage"),
    ("json.encoder", "JSONEncoder"),
    ("json.decoder", "JSONDecoder"),
    ("calendar", "Aa*"),
    (
        "numpy",
        "ndarray dtype matrix recarray record generic number integer signedinteger unsignedinteger inexact floating complexfloating flexible character bool bool_ bool8 int_ intc intp int0 int8 int16 int32 int64 \
         uint uint0 uint8 uint16 uint32 uint64 uintc uintp byte ubyte short ushort long ulong longlong ulonglong half single double longdouble longfloat float16 float32 float64 float96 float128 float_ complex_ csingle cdouble clongdouble \
         complex64 complex128 complex192 complex256 cfloat singlecomplex str_ bytes_ unicode_ string_ object_ void datetime64 timedelta64 ufunc poly1d random.mtrand.RandomState nditer ndindex ndenumerate flatiter broadcast",
    ),
    ("numpy.core.multiarray", "_reconstruct scalar ndarray dtype array"),
    ("numpy._core.multiarray", "_reconstruct scalar ndarray dtype array"),
    ("numpy.core._multiarray_umath", "_reconstruct scalar"),
    ("numpy._core._multiarray_umath", "_reconstruct scalar"),
    ("numpy.core.numeric", "_frombuffer"),
    ("numpy._core.numeric", "_frombuffer"),
    ("numpy.core", "_DType_reconstruct"),
    ("numpy._core", "_DType_reconstruct"),
    ("numpy.core.*", "record recarray chararray"),
    ("numpy._core.*", "record recarray chararray"),
    ("numpy.rec", "record recarray"),
    ("numpy.matrixlib.defmatrix", "matrix"),
    ("numpy.dtypes", "*"),
    ("numpy.ma.*", "_mareconstruct MaskedArray MaskedConstant mvoid"),
    ("numpy.random._pickle", "__randomstate_ctor __generator_ctor __bit_generator_ctor"),
    ("numpy.random.*", "Aa* __RandomState_ctor SeedSequence MT19937 PCG64 PCG64DXSM"),
    ("numpy.polynomial.*", "Aa*"),
    ("numpy.lib.polynomial", "poly1d"),
    ("numpy.lib._polynomial_impl", "poly1d"),
    (
        "torch",
        "Tensor Size device dtype layout memory_format Generator finfo iinfo float float16 float32 float64 bfloat16 half double int int8 int16 int32 int64 uint8 uint16 uint32 uint64 short long bool cfloat cdouble chalf complex32 complex64 complex128 \
         quint8 qint8 qint32 quint4x2 quint2x4 bits8 bits16 bits1x8 bits2x4 bits4x2 float8_e4m3fn float8_e5m2 float8_e4m3fnuz float8_e5m2fnuz float8_e8m0fnu strided sparse_coo sparse_csr sparse_csc sparse_bsr sparse_bsc contiguous_format channels_last channels_last_3d preserve_format \
         per_tensor_affine per_channel_affine per_tensor_symmetric per_channel_symmetric FloatStorage HalfStorage DoubleStorage LongStorage IntStorage ShortStorage CharStorage ByteStorage BoolStorage BFloat16Storage ComplexFloatStorage ComplexDoubleStorage \
         QInt8Storage QInt32Storage QUInt8Storage QUInt4x2Storage QUInt2x4Storage UntypedStorage TypedStorage FloatTensor HalfTensor DoubleTensor LongTensor IntTensor ShortTensor CharTensor ByteTensor BoolTensor BFloat16Tensor ScriptModule",
    ),
    (
        "torch.cuda",
        "FloatStorage HalfStorage DoubleStorage LongStorage IntStorage ShortStorage CharStorage ByteStorage BoolStorage BFloat16Storage FloatTensor HalfTensor LongTensor",
    ),
    ("torch.storage", "UntypedStorage TypedStorage _LegacyStorage _TypedStorage _UntypedStorage"),
    ("torch._utils", "_rebuild_*"),
    ("torch._tensor", "_rebuild_from_type_v2 _rebuild_from_type Tensor"),
    ("torch.tensor", "_rebuild_from_type Tensor"),
    ("torch.nested._internal.nested_tensor", "_rebuild_njt"),
    ("torch._C.*", "Generator _disabled_torch_function_impl"),
    ("torch.serialization", "_get_layout"),
    ("torch.nn.parameter", "Parameter Buffer UninitializedParameter"),
    (
        "torch.utils.data.*",
        "DataLoader Dataset TensorDataset Subset ConcatDataset RandomSampler SequentialSampler BatchSampler",
    ),
    (
        "torch.jit._pickle",
        "build_intlist build_tensorlist build_doublelist build_boollist build_tensor_from_id restore_type_tag",
    ),
    ("torch.distributed._shard.*", "Aa*"),
    ("torch.distributed._tensor.*", "Aa*"),
    ("torch.distributed.tensor.*", "Aa*"),
    ("torch.distributed.device_mesh", "Aa*"),
    ("pandas._libs.tslibs.*", "Aa* _nat_unpickle _unpickle_timestamp _timedelta_unpickle *_unpickle_*"),
    (
        "pandas._libs.*",
        "BlockPlacement C_NA NAType Interval IntervalTree _unpickle_block __pyx_unpickle_NDArrayBacked",
    ),
    ("pandas.core.internals.blocks", "new_block new_block_2d"),
    ("pandas.compat.pickle_compat", "Aa*"),
    (
        "pandas",
        "DataFrame Series Index MultiIndex RangeIndex CategoricalIndex DatetimeIndex Timestamp Timedelta Period Interval Categorical NaT NA",
    ),
    ("scipy.sparse.*", "*_matrix *_array"),
    (
        "scipy.stats.*",
        "rv_frozen rv_continuous_frozen rv_discrete_frozen rv_histogram gaussian_kde *_gen *_frozen",
    ),
    ("scipy.interpolate.*", "interp1d interp2d"),
    ("scipy.spatial.*", "cKDTree KDTree"),
    ("joblib.numpy_pickle", "NumpyArrayWrapper NDArrayWrapper ZNDArrayWrapper"),
    ("joblib.numpy_pickle_compat", "NDArrayWrapper ZNDArrayWrapper"),
    ("sklearn.externals.joblib.*", "NumpyArrayWrapper NDArrayWrapper ZNDArrayWrapper"),
    ("pytz", "_UTC _p UTC"),
    ("pytz.*", "Aa*"),
    ("dateutil.tz.*", "tzutc tzlocal tzoffset tzrange tzstr tzfile"),
    ("dateutil.zoneinfo", "tzfile"),
    ("dateutil.relativedelta", "relativedelta"),
    ("pyarrow.lib", "Aa* type_for_alias _restore_array"),
    ("google.protobuf.internal.*", "Aa*"),
];

/// Runs code or reaches outside, whatever table of trust the library is in.
const DANGEROUS: &[(&str, &str, &str)] = &[
    (
        "builtins",
        "eval exec execfile compile __import__ open file input raw_input breakpoint apply globals locals vars dir setattr delattr map filter reload exit quit memoryview help",
        "runs or reaches any code",
    ),
    ("os.*", "*", "runs commands and changes files"),
    (
        "numpy",
        "load save savez savez_compressed loadtxt savetxt genfromtxt fromfile fromregex memmap DataSource vectorize frompyfunc fromfunction apply_along_axis apply_over_axes piecewise source info lookfor",
        "reads files or calls what it is given",
    ),
    ("numpy.f2py.*", "*", "evaluates and compiles"),
    ("numpy.testing.*", "*", "evaluates and runs"),
    ("numpy.distutils.*", "*", "runs commands"),
    ("numpy.ctypeslib.*", "*", "loads libraries"),
    ("numpy.lib.npyio", "*", "reads files"),
    ("numpy.lib._npyio_impl", "*", "reads files"),
    ("numpy.lib.format", "*", "reads files"),
    ("numpy.lib._datasource", "*", "reads files and the network"),
    ("numpy.lib.utils", "*", "evaluates"),
    ("numpy.compat.*", "*", "imports and opens"),
    ("numpy.core.records", "fromfile", "reads files"),
    ("numpy.core.memmap", "*", "opens files"),
    ("numpy._core.memmap", "*", "opens files"),
    ("torch", "load save hub jit.load compile", "loads or runs code"),
    ("torch.serialization", "*", "loads or writes files"),
    ("torch.hub", "*", "downloads and runs code"),
    (
        "torch.jit.*",
        "load script trace compile execWrapper CompilationUnit *load* *import* exec* _script* CodeGen* ScriptFunction",
        "compiles or runs code",
    ),
    ("torch.package.*", "*", "imports code"),
    ("torch.utils.cpp_extension", "*", "compiles code"),
    ("torch.utils.collect_env", "*", "runs commands"),
    ("torch.utils.bottleneck.*", "*", "runs code"),
    ("torch.utils._config_module", "*", "loads pickles"),
    ("torch.utils.data.datapipes.*", "*", "opens files and decodes pickles"),
    ("torch.utils.model_zoo", "*", "downloads"),
    ("torch.utils.tensorboard.*", "*", "writes files"),
    ("torch.utils.show_pickle", "*", "loads pickles"),
    ("torch.utils.model_dump.*", "*", "loads pickles"),
    ("torch.utils.benchmark.*", "*", "runs code"),
    ("torch.testing.*", "*", "runs code"),
    ("torch._dynamo.*", "*", "runs code"),
    ("torch._inductor.*", "*", "runs commands"),
    ("torch._functorch.*", "*", "runs code"),
    ("torch.fx.*", "*", "compiles and runs code"),
    ("torch.distributed", "*", "connects and loads pickles"),
    ("torch.distributed.rpc.*", "*", "runs code elsewhere"),
    ("torch.distributed.elastic.*", "*", "starts processes"),
    ("torch.distributed.run", "*", "starts processes"),
    ("torch.distributed.launch*", "*", "starts processes"),
    ("torch.multiprocessing.*", "*", "starts processes"),
    ("torch.ops", "*", "loads libraries"),
    ("torch._ops", "*", "loads libraries"),
    ("torch._classes", "*", "loads libraries"),
    ("torch.library", "*", "registers code"),
    ("torch.onnx.*", "*", "runs code"),
    ("torch.backends.*", "*", "runs code"),
    ("torch._lobpcg", "*", "runs code"),
    ("torch.export.*", "*", "loads code"),
    ("torch.mtia.*", "*", "runs code"),
    ("torch.cuda.*", "_run* check_error cudart* jiterator*", "runs code"),
    ("pandas.io.*", "*", "reads files and the network"),
    ("pandas.core.computation.*", "*", "evaluates"),
    ("pandas.testing", "*", "runs code"),
    ("pandas._testing.*", "*", "runs code"),
    ("pandas.util.*", "*", "imports and runs code"),
    ("pandas.compat._optional", "*", "imports"),
    ("pandas", "HDFStore ExcelFile ExcelWriter test eval", "opens files"),
    ("pandas.core.frame", "DataFrame.eval DataFrame.query DataFrame.to_*", "evaluates or writes"),
    ("scipy.io.*", "*", "reads files"),
    ("scipy.datasets.*", "*", "downloads"),
    ("scipy._lib.*", "*", "runs code"),
    ("scipy.weave.*", "*", "compiles code"),
    ("sklearn.datasets.*", "*", "downloads and reads files"),
    ("sklearn.utils._testing", "*", "runs code"),
    ("sklearn.conftest", "*", "runs code"),
    ("keras.utils.*", "*", "downloads, loads or runs code"),
    ("keras.src.utils.*", "*", "downloads, loads or runs code"),
    ("keras.src.saving.*", "*load* *deserialize* func_*", "loads code"),
    ("keras.saving.*", "*load* *deserialize* func_*", "loads code"),
    ("keras.models", "load_model", "loads code"),
    ("tensorflow", "*load* py_function numpy_function", "loads or runs code"),
    ("tensorflow.python.framework.load_library", "*", "loads libraries"),
    ("tensorflow.python.platform.*", "*", "opens files"),
    ("tensorflow.python.lib.io.*", "*", "opens files"),
    ("tensorflow.python.ops.script_ops", "*", "runs code"),
    ("transformers.agents.*", "*", "runs code"),
    ("transformers.dynamic_module_utils", "*", "downloads and runs code"),
    ("transformers.utils.hub", "*", "downloads"),
    ("nltk.downloader", "*", "downloads"),
    ("sympy.parsing.*", "*", "evaluates"),
    ("joblib", "load dump Memory Parallel", "loads pickles or runs code"),
    ("joblib.numpy_pickle", "*", "loads pickles"),
    ("joblib.externals.*", "*", "builds code"),
    ("cloudpickle.*", "*", "builds functions from code in the file"),
    ("dill.*", "*", "builds functions from code in the file"),
    ("_dill", "*", "builds functions from code in the file"),
    ("jsonpickle.*", "*", "loads code"),
    ("yaml.*", "load* unsafe_load* full_load* UnsafeLoader Loader FullLoader *constructor*", "loads code"),
    ("ruamel.*", "*", "loads code"),
    ("cffi.*", "*", "loads libraries"),
    ("_cffi_backend", "*", "loads libraries"),
    ("numba.*", "*", "compiles code"),
    ("Cython.*", "*", "compiles code"),
    ("pyximport.*", "*", "compiles code"),
    ("pip.*", "*", "installs packages"),
    ("setuptools.*", "*", "runs commands"),
    ("pkg_resources.*", "*", "imports code"),
    ("wheel.*", "*", "runs commands"),
    ("_distutils_hack.*", "*", "imports code"),
    ("uv.*", "*", "runs commands"),
    ("conda.*", "*", "runs commands"),
    ("requests.*", "*", "connects to the network"),
    ("urllib3.*", "*", "connects to the network"),
    ("httpx.*", "*", "connects to the network"),
    ("aiohttp.*", "*", "connects to the network"),
    ("httplib2.*", "*", "connects to the network"),
    ("websocket*", "*", "connects to the network"),
    ("tornado.*", "*", "connects to the network"),
    ("twisted.*", "*", "connects to the network"),
    ("paramiko.*", "*", "connects to the network"),
    ("fabric.*", "*", "runs commands"),
    ("invoke.*", "*", "runs commands"),
    ("sh.*", "*", "runs commands"),
    ("plumbum.*", "*", "runs commands"),
    ("pexpect.*", "*", "runs commands"),
    ("ptyprocess.*", "*", "runs commands"),
    ("psutil.*", "*", "starts processes"),
    ("gevent.*", "*", "runs code"),
    ("eventlet.*", "*", "runs code"),
    ("git.*", "*", "runs commands"),
    ("docker.*", "*", "runs containers"),
    ("boto3.*", "*", "connects to the network"),
    ("botocore.*", "*", "connects to the network"),
    ("fsspec.*", "*", "opens files and the network"),
    ("smart_open.*", "*", "opens files and the network"),
    ("IPython.*", "*", "runs code"),
    ("ipykernel.*", "*", "runs code"),
    ("jupyter*", "*", "runs code"),
    ("pytest.*", "*", "runs code"),
    ("_pytest.*", "*", "runs code"),
    ("py.*", "*", "runs code"),
    ("nose.*", "*", "runs code"),
    ("jinja2.*", "*", "runs templates"),
    ("mako.*", "*", "runs templates"),
    ("django.*", "import_string call_command execute* Template *", "imports and runs code"),
    ("werkzeug.*", "*", "imports and runs code"),
    ("flask.*", "*", "runs code"),
    ("celery.*", "*", "runs code"),
    ("pydash.*", "*", "calls what it is given"),
    ("toolz.*", "*", "calls what it is given"),
    ("cytoolz.*", "*", "calls what it is given"),
    ("wrapt.*", "*", "calls what it is given"),
    ("lazy_import*", "*", "imports code"),
    ("importlib_metadata.*", "*", "imports code"),
    ("importlib_resources.*", "*", "imports code"),
    ("huggingface_hub.*", "*", "downloads"),
    ("gdown.*", "*", "downloads"),
    ("wget.*", "*", "downloads"),
    ("sqlalchemy.*", "create_engine text *connect*", "connects to databases"),
    ("pymysql.*", "*", "connects to databases"),
    ("psycopg2.*", "*", "connects to databases"),
    ("redis.*", "*", "connects to databases"),
    ("win32com.*", "*", "runs commands"),
    ("win32api.*", "*", "runs commands"),
    ("pywin*", "*", "runs commands"),
    ("pyautogui.*", "*", "controls the machine"),
    ("pynput.*", "*", "controls the machine"),
    ("fickling.*", "*", "loads pickles"),
    ("code", "*", "runs code"),
];

/// Modules of the standard library, of Python 3 and 2, by their first name, that are not known to be harmless.
const STANDARD: &str = " __future__ _abc _aix_support _ast _asyncio _bisect _blake2 _bootlocale _bootsubprocess _bz2 _codecs _collections _collections_abc _compat_pickle _compression _contextvars _crypt _csv _ctypes \
 _curses _curses_panel _datetime _dbm _decimal _dummy_thread _elementtree _frozen_importlib _frozen_importlib_external _functools _gdbm _hashlib _heapq _imp _interpreters _io _ios_support _android_support _apple_support _json _locale _lsprof _lzma \
 _markupbase _md5 _msi _multibytecodec _multiprocessing _opcode _opcode_metadata _operator _osx_support _overlapped _pickle _posixshmem _posixsubprocess _py_abc _pydatetime _pydecimal _pyio _pyrepl _queue _random _scproxy _sha1 _sha2 \
 _sha256 _sha3 _sha512 _signal _sitebuiltins _socket _sqlite3 _sre _ssl _stat _statistics _string _strptime _struct _suggestions _symtable _sysconfig _sysconfigdata _thread _threading_local _tkinter _tokenize _tracemalloc _types _typing _uuid \
 _warnings _weakref _weakrefset _winapi _wmi _xxinterpchannels _xxsubinterpreters _xxtestfuzz _testcapi _testinternalcapi _zoneinfo abc aifc annotationlib antigravity argparse array ast asynchat asyncio asyncore atexit audioop base64 bdb binascii binhex bisect \
 builtins bz2 cProfile calendar cgi cgitb chunk cmath cmd code codecs codeop collections colorsys compileall compression concurrent configparser contextlib contextvars copy copyreg crypt csv ctypes curses \
 dataclasses datetime dbm decimal difflib dis distutils doctest dummy_threading email encodings ensurepip enum errno faulthandler fcntl filecmp fileinput fnmatch formatter fractions ftplib functools gc genericpath \
 getopt getpass gettext glob graphlib grp gzip hashlib heapq hmac html http idlelib imaplib imghdr imp importlib inspect io ipaddress itertools json keyword lib2to3 linecache locale logging lzma macpath mailbox \
 mailcap marshal math mimetypes mmap modulefinder msilib msvcrt multiprocessing netrc nis nntplib nt ntpath nturl2path numbers opcode operator optparse os ossaudiodev parser pathlib pdb pickle pickletools pipes \
 pkgutil platform plistlib poplib posix posixpath pprint profile pstats pty pwd py_compile pyclbr pydoc pydoc_data pyexpat queue quopri random re readline reprlib resource rlcompleter runpy sched secrets \
 select selectors shelve shlex shutil signal site sitecustomize smtpd smtplib sndhdr socket socketserver spwd sqlite3 sre_compile sre_constants sre_parse ssl stat statistics string stringprep struct subprocess sunau symbol symtable \
 sys sysconfig syslog tabnanny tarfile telnetlib tempfile termios test textwrap this threading time timeit tkinter token tokenize tomllib trace traceback tracemalloc tty turtle turtledemo types typing \
 unicodedata unittest urllib usercustomize uu uuid venv warnings wave weakref webbrowser winreg winsound wsgiref xdrlib xml xmlrpc zipapp zipfile zipimport zlib zoneinfo \
 BaseHTTPServer Bastion CGIHTTPServer ConfigParser Cookie DocXMLRPCServer HTMLParser MimeWriter Queue SimpleHTTPServer SimpleXMLRPCServer SocketServer StringIO Tix Tkinter UserDict UserList UserString _winreg anydbm \
 bsddb cPickle cStringIO commands compiler cookielib copy_reg dbhash dircache dl dumbdbm exceptions fpformat future_builtins gdbm hotshot htmlentitydefs htmllib httplib ihooks imputil md5 mhlib mimetools mimify multifile \
 mutex new os2emxpath popen2 posixfile repr rexec rfc822 robotparser sets sgmllib sha statvfs stringold strop tkFileDialog urllib2 urlparse user whichdb xmlrpclib ";

/// Modules of the standard library that only compute: what of them is not in [`SAFE`] is unknown rather than dangerous when it is called.
const QUIET: &str = " __future__ abc array bisect _bisect heapq _heapq base64 binascii calendar cmath math colorsys datetime decimal difflib _decimal fractions numbers random statistics _statistics textwrap unicodedata enum errno fnmatch graphlib hashlib _hashlib \
 _sha1 _sha2 _sha256 _sha512 _md5 _blake2 _sha3 hmac ipaddress itertools json keyword pprint quopri re _sre reprlib secrets stat struct time token _struct zlib sets md5 sha stringprep ";

/// Modules whose very object is a way to run code.
const MODULES: &str = " os posix nt sys subprocess builtins __builtin__ importlib shutil socket ctypes pty runpy pickle _pickle cPickle marshal commands popen2 imp code codeop pdb bdb timeit multiprocessing asyncio platform webbrowser linecache inspect operator types gc io _io tempfile \
 pathlib signal threading urllib http posixpath ntpath pkgutil zipimport ";

/// Libraries that models are made with, by their first name.
const TRUSTED: &str = " numpy scipy pandas sklearn torch torchvision torchaudio torchtext torchdata torchmetrics pytorch_lightning lightning lightning_fabric lightning_utilities xgboost lightgbm catboost _catboost keras tensorflow tf_keras transformers tokenizers accelerate \
 peft diffusers sentence_transformers datasets timm safetensors trl deepspeed bitsandbytes statsmodels patsy nltk spacy thinc gensim networkx shap umap pynndescent hdbscan imblearn category_encoders mlxtend skorch sktime prophet pmdarima \
 fastai fastcore ultralytics detectron2 mmcv mmengine mmdet omegaconf pyarrow polars PIL dateutil pytz six attr attrs pydantic pydantic_core sympy joblib jax jaxlib flax optax haiku gym gymnasium stable_baselines3 ray_rllib \
 torch_geometric dgl ogb allennlp flair fairseq espnet speechbrain open_clip clip einops kornia albumentations skimage cv2 sentencepiece tiktoken threadpoolctl lifelines econml dask distributed featuretools tpot autogluon feature_engine river \
 threadpoolctl sklearn_pandas sklearn2pmml interpret dice_ml alibi ngboost quantile_forest skopt hyperopt optuna sksurv fancyimpute tslearn tsfresh pykeen rdkit deepchem botorch gpytorch linear_operator pyro numpyro ";

fn listed(list: &str, name: &str) -> bool {
    // A name has no space, so that it cannot span two.
    !name.is_empty() && !name.contains(' ') && list.split_ascii_whitespace().any(|listed| listed == name)
}

/// Whether a module of the standard library has this first name.
pub fn standard(top: &str) -> bool {
    listed(STANDARD, top)
}

/// Whether a module of the standard library only computes.
pub fn quiet(top: &str) -> bool {
    listed(QUIET, top)
}

/// Whether a module's very object is a way to run code.
pub fn dangerous_module(name: &str) -> bool {
    listed(MODULES, name)
}

/// Whether models are made with the library.
pub fn trusted(top: &str) -> bool {
    listed(TRUSTED, top)
}

/// Whether a global is harmless.
pub fn safe(module: &str, name: &str) -> bool {
    SAFE.iter().any(|(modules, names)| within(modules, module) && named(names, name))
}

/// Why a global is dangerous.
pub fn dangerous(module: &str, name: &str) -> Option<&'static str> {
    let row = DANGEROUS.iter().find(|(modules, names, _)| within(modules, module) && named(names, name))?;
    Some(row.2)
}

fn within(pattern: &str, module: &str) -> bool {
    if let Some(top) = pattern.strip_suffix(".*") {
        return module.strip_prefix(top).is_some_and(|rest| rest.is_empty() || rest.starts_with('.'));
    }
    match pattern.strip_suffix('*') {
        Some(start) => module.starts_with(start),
        None => pattern == module,
    }
}

fn named(names: &str, name: &str) -> bool {
    names.split_ascii_whitespace().any(|pattern| match pattern {
        "*" => true,
        "Aa*" => words::class_like(name) && !name.contains('.'),
        _ => glob(pattern, name),
    })
}

/// A pattern with `*` at its start, its end, or both.
pub fn glob(pattern: &str, name: &str) -> bool {
    match (pattern.strip_prefix('*'), pattern.strip_suffix('*')) {
        (Some(rest), Some(_)) => name.contains(rest.strip_suffix('*').unwrap_or(rest)),
        (Some(end), None) => name.ends_with(end),
        (None, Some(start)) => name.starts_with(start),
        (None, None) => pattern == name,
    }
}
