package gonogo

import (
	"encoding/json"
	"fmt"
	"math"
	"strconv"
	"strings"
)

type unit struct {
	name   string
	factor float64
}

var (
	decimalSizes = []unit{{"kB", 1e3}, {"MB", 1e6}, {"GB", 1e9}, {"TB", 1e12}, {"PB", 1e15}}
	binarySizes  = []unit{{"KiB", 1 << 10}, {"MiB", 1 << 20}, {"GiB", 1 << 30}, {"TiB", 1 << 40}, {"PiB", 1 << 50}}
	sizes        = append(append([]unit{{"B", 1}, {"KB", 1e3}}, decimalSizes...), binarySizes...)
	times        = []unit{{"ms", 0.001}, {"s", 1}, {"min", 60}, {"h", 3600}, {"d", 86_400}, {"w", 604_800}}
	frequencies  = []unit{{"Hz", 1}, {"kHz", 1e3}, {"MHz", 1e6}, {"GHz", 1e9}}
)

const (
	sizePattern = `^[0-9]+(\.[0-9]+)? ?([kKMGTP]?B|[KMGTP]iB)`
	largest     = 9e18
)

// measure reads a number and one of the units.
func measure(text string, units []unit) (float64, bool) {
	text = strings.TrimSpace(text)
	split := strings.IndexFunc(text, func(c rune) bool { return (c < '0' || c > '9') && c != '.' })
	if split < 0 {
		return 0, false
	}
	number, err := strconv.ParseFloat(text[:split], 64)
	if err != nil {
		return 0, false
	}
	name := strings.TrimSpace(text[split:])
	for _, unit := range units {
		if unit.name == name {
			value := number * unit.factor
			return value, value < largest
		}
	}
	return 0, false
}

func measured(raw []byte, expected string, units []unit, suffix string) (float64, error) {
	var text string
	if err := json.Unmarshal(raw, &text); err != nil {
		return 0, fmt.Errorf("%s is not %s", raw, expected)
	}
	if number, is := strings.CutSuffix(strings.TrimSpace(text), suffix); is {
		if value, is := measure(number, units); is {
			return value, nil
		}
	}
	return 0, fmt.Errorf("'%s' is not %s", text, expected)
}

// Size is a number of bytes: "64 GiB", "500 MB".
type Size uint64

// Sizes to reckon with.
const (
	KiB Size = 1 << (10 * (iota + 1))
	MiB
	GiB
	TiB
)

const sizeExpected = "a size: write a number and a unit, such as '64 GiB' or '500 MB'"

// UnmarshalJSON reads a size as people write it.
func (s *Size) UnmarshalJSON(raw []byte) error {
	value, err := measured(raw, sizeExpected, sizes, "")
	*s = Size(value)
	return err
}

// String is the size as people write it: "1.5 GiB".
func (s Size) String() string {
	bytes := float64(s)
	shown := fmt.Sprintf("%.0f B", bytes)
	for _, unit := range binarySizes {
		if bytes >= unit.factor {
			value := bytes / unit.factor
			digits := 1
			if value >= 100 || math.Abs(value-math.Round(value)) < 0.05 {
				digits = 0
			}
			shown = fmt.Sprintf("%.*f %s", digits, value, unit.name)
		}
	}
	return shown
}

// Bytes is the number of bytes.
func (s Size) Bytes() uint64 { return uint64(s) }

func (Size) schema() object { return text(sizePattern+"$", sizeExpected) }

// Rate is in bytes per second: "2 GB/s".
type Rate float64

const rateExpected = "a rate: write a number and a unit, such as '2 GB/s'"

// UnmarshalJSON reads a rate as people write it.
func (r *Rate) UnmarshalJSON(raw []byte) error {
	value, err := measured(raw, rateExpected, sizes, "/s")
	*r = Rate(value)
	return err
}

// String is the rate as people write it.
func (r Rate) String() string {
	shown := fmt.Sprintf("%.0f B/s", float64(r))
	for _, unit := range decimalSizes {
		if float64(r) >= unit.factor {
			shown = fmt.Sprintf("%.1f %s/s", float64(r)/unit.factor, unit.name)
		}
	}
	return shown
}

// PerSecond is the number of bytes per second.
func (r Rate) PerSecond() float64 { return float64(r) }

func (Rate) schema() object { return text(sizePattern+"/s$", rateExpected) }

// Duration is a span of time in seconds: "30 s", "2 h", "7 d".
type Duration float64

const durationExpected = "a duration: write a number and a unit, such as '30 s', '2 h' or '7 d'"

// UnmarshalJSON reads a duration as people write it.
func (d *Duration) UnmarshalJSON(raw []byte) error {
	value, err := measured(raw, durationExpected, times, "")
	*d = Duration(value)
	return err
}

// String is the duration as people write it.
func (d Duration) String() string {
	seconds := float64(d)
	switch {
	case seconds == 0:
		return "0 s"
	case seconds < 0.001:
		return fmt.Sprintf("%.0f µs", seconds*1e6)
	case seconds < 1:
		return fmt.Sprintf("%.0f ms", seconds*1e3)
	case seconds < 120:
		return strconv.FormatFloat(math.Round(seconds*10)/10, 'f', -1, 64) + " s"
	case seconds < 7200:
		return fmt.Sprintf("%.0f min", seconds/60)
	case seconds < 172_800:
		return fmt.Sprintf("%.0f h", seconds/3600)
	default:
		return fmt.Sprintf("%.0f d", seconds/86_400)
	}
}

// Seconds is the number of seconds.
func (d Duration) Seconds() float64 { return float64(d) }

func (Duration) schema() object {
	return text(`^[0-9]+(\.[0-9]+)? ?(ms|s|min|h|d|w)$`, durationExpected)
}

// Frequency is a clock in hertz: "1980 MHz".
type Frequency float64

const frequencyExpected = "a frequency: write a number and a unit, such as '1980 MHz' or '3 GHz'"

// UnmarshalJSON reads a frequency as people write it.
func (f *Frequency) UnmarshalJSON(raw []byte) error {
	value, err := measured(raw, frequencyExpected, frequencies, "")
	*f = Frequency(value)
	return err
}

// String is the frequency as people write it.
func (f Frequency) String() string { return fmt.Sprintf("%.0f MHz", float64(f)/1e6) }

// Hertz is the number of hertz.
func (f Frequency) Hertz() float64 { return float64(f) }

func (Frequency) schema() object {
	return text(`^[0-9]+(\.[0-9]+)? ?[kMG]?Hz$`, frequencyExpected)
}

func text(pattern, expected string) object {
	return object{{"type", "string"}, {"pattern", pattern}, {"x-gonogo-expected", expected}}
}

// Counted is a number of things, for a sentence: "1 file", "3 files", "2 directories".
func Counted(number uint64, thing string) string {
	if number == 1 {
		return "1 " + thing
	}
	last, before := "", ""
	if len(thing) > 0 {
		last = thing[len(thing)-1:]
	}
	if len(thing) > 1 {
		before = thing[len(thing)-2 : len(thing)-1]
	}
	plural := thing + "s"
	switch {
	case last == "y" && !strings.Contains("aeiou", before):
		plural = thing[:len(thing)-1] + "ies"
	case last == "s", last == "x", last == "h" && (before == "c" || before == "s"):
		plural = thing + "es"
	}
	return fmt.Sprintf("%d %s", number, plural)
}
