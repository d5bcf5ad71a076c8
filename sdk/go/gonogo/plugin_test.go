package gonogo

import (
	"encoding/json"
	"errors"
	"math"
	"slices"
	"strings"
	"testing"
)

type behaving struct {
	How string
}

func (b behaving) Run(r *Report) error {
	switch b.How {
	case "error":
		return &Error{Kind: Denied, Text: "no parameter names it"}
	case "fact, then error":
		r.Fact("before", 1)
		return &Error{Kind: IO, Text: "cannot read"}
	case "fact, then not applicable":
		r.Fact("before", 1)
		return NotApplicable("nothing to do")
	case "panic":
		r.Fact("before", true)
		panic("broken by design")
	case "nil":
		var nothing *Error
		return errors.New(nothing.Text)
	case "no value":
		r.Fact("odd", struct{}{})
	}
	r.Fact("size", GiB).Unit("B").Bound(">= 1")
	r.Warn("line").AtLine("a", 3).Column(7).Hint("mend it")
	r.Summary("done")
	return nil
}

func run(how string) (*Report, *stop) {
	plugin := Plugin{Checks: []Check{{Name: "x", Parameters: behaving{}}}}
	return plugin.run("x", `{"how": "`+how+`"}`)
}

func TestWhatACheckSaysIsKept(t *testing.T) {
	report, stopped := run("well")
	if stopped != nil || report.summary != "done" || report.facts[0].value != int64(1<<30) || *report.facts[0].unit != "B" {
		t.Fatalf("%+v %+v", report, stopped)
	}
	finding := report.findings[0]
	if worst, any := report.Worst(); worst != SeverityWarn || !any || *finding.line != 3 || *finding.column != 7 || *finding.hint != "mend it" {
		t.Errorf("%+v", finding)
	}
}

func TestWhatCannotBeToldIsUnknown(t *testing.T) {
	if report, stopped := run("error"); report != nil || stopped.why != "denied: no parameter names it" {
		t.Errorf("%+v %+v", report, stopped)
	}
	if _, stopped := run("fact, then not applicable"); stopped == nil || !stopped.notApplicable || stopped.why != "nothing to do" {
		t.Errorf("%+v", stopped)
	}
	for how, why := range map[string]string{
		"fact, then error": "cannot read",
		"panic":            "the check panicked: broken by design",
	} {
		report, stopped := run(how)
		if stopped != nil || len(report.facts) != 1 || report.findings[0].severity != SeverityUnknown || report.findings[0].message != why {
			t.Errorf("%s: %+v %+v", how, report, stopped)
		}
	}
	for how, why := range map[string]string{"nil": "nil pointer", "no value": "fact 'odd': the contract has no value for a struct {}"} {
		if report, stopped := run(how); report != nil || !strings.Contains(stopped.why, why) {
			t.Errorf("%s: %+v %+v", how, report, stopped)
		}
	}
	plugin := Plugin{}
	if _, stopped := plugin.run("y", "{}"); stopped.why != "this plugin has no check 'y'" {
		t.Errorf("%+v", stopped)
	}
}

func TestAttributesSayWhatIsMissing(t *testing.T) {
	failed := &Error{Kind: IO, Text: "cannot read"}
	given := Attributes{"size": int64(5), "share": 0.5, "name": "x", "minus": int64(-1), "lost": failed, "names": []string{"a"}, "series": []float64{1, 0.5}}
	if size, err := Need[Size](given, "size"); size != 5 || err != nil {
		t.Errorf("%v %v", size, err)
	}
	if share, err := Need[float64](given, "size"); share != 5 || err != nil {
		t.Errorf("%v %v", share, err)
	}
	if _, there, err := Get[string](given, "none"); there || err != nil {
		t.Errorf("%v %v", there, err)
	}
	if _, err := Need[string](given, "lost"); !errors.Is(err, IO) || errors.Is(err, Denied) {
		t.Errorf("%v", err)
	}
	_, none := Need[string](given, "none")
	_, other := Need[bool](given, "name")
	_, below := Need[uint64](given, "minus")
	_, list := Need[int64](given, "names")
	_, texts := Need[[]string](given, "series")
	_, series := Need[[]float64](given, "names")
	for err, why := range map[error]string{
		none:   "this machine does not tell 'none'",
		other:  `the host gives 'name' as Text("x"), which is not a boolean`,
		below:  "the host gives 'minus' as Integer(-1), which is not an integer from 0",
		list:   `the host gives 'names' as Texts(["a"]), which is not an integer`,
		texts:  `the host gives 'series' as Numbers([1, 0.5]), which is not a list of texts`,
		series: `the host gives 'names' as Texts(["a"]), which is not a list of numbers`,
	} {
		if err == nil || err.Error() != why || !errors.Is(err, Unsupported) {
			t.Errorf("expected '%s', but was '%v'", why, err)
		}
	}
}

func TestAListIsOfTextsOrOfNumbers(t *testing.T) {
	var given Attributes
	if err := json.Unmarshal([]byte(`{"series": [1, 0.5], "texts": ["a"], "none": []}`), &given); err != nil {
		t.Fatal(err)
	}
	if series, err := Need[[]float64](given, "series"); err != nil || !slices.Equal(series, []float64{1, 0.5}) {
		t.Errorf("%v %v", series, err)
	}
	texts, err := Need[[]string](given, "none")
	none, other := Need[[]float64](given, "none")
	if err != nil || other != nil || texts == nil || none == nil || len(texts)+len(none) > 0 {
		t.Errorf("%v %v %v %v", texts, err, none, other)
	}
	for _, mixed := range []string{`["a", 1]`, `[1, "a"]`, `[1, true]`, `[1, null]`, `[[1]]`, `[1e400]`} {
		if err := json.Unmarshal([]byte(`{"x": `+mixed+`}`), &given); err == nil || !strings.Contains(err.Error(), "is no list of texts or of numbers: "+mixed) {
			t.Errorf("%s: %v", mixed, err)
		}
	}
	report := &Report{}
	for at, values := range []any{[]float64{1, 2}, []int{1, 2}, []Size{1, 2}, []Duration{1, 2}, []float32{1, 2}} {
		if report.Fact("series", values); !slices.Equal(report.facts[at].value.([]float64), []float64{1, 2}) {
			t.Errorf("%T: %v", values, report.facts[at].value)
		}
	}
	if report.Fact("odd", []float64{math.NaN(), math.Inf(1)}); !math.IsNaN(report.facts[5].value.([]float64)[0]) {
		t.Errorf("%v", report.facts[5].value)
	}
	for _, wrong := range []any{[]byte("a"), []bool{true}, []any{1.0, "a"}, [][]float64{{1}}} {
		func() {
			defer func() {
				if recover() == nil {
					t.Errorf("%T is no value", wrong)
				}
			}()
			report.Fact("odd", wrong)
		}()
	}
}

func TestMeasuresAreReadAndShownAsPeopleWriteThem(t *testing.T) {
	for text, bytes := range map[string]float64{"64 GiB": 64 << 30, "1.5kB": 1500, "0 B": 0} {
		if value, is := measure(text, sizes); !is || value != bytes {
			t.Errorf("%s: %v", text, value)
		}
	}
	for _, wrong := range []string{"64", "GiB", "-1 GiB", "64 gib", "1e3 B", "99999999999 PiB", ""} {
		if value, is := measure(wrong, sizes); is {
			t.Errorf("%s: %v", wrong, value)
		}
	}
	for shown, expected := range map[string]string{
		Size(64 << 30).String(): "64 GiB", Size(3 << 29).String(): "1.5 GiB", Size(512).String(): "512 B", Size(0).String(): "0 B",
		Size(math.MaxUint64).String(): "16384 PiB", Rate(2.5e9).String(): "2.5 GB/s", Duration(90).String(): "90 s", Duration(0.25).String(): "250 ms",
		Duration(90.25).String(): "90.3 s", Frequency(1.98e9).String(): "1980 MHz", Counted(1, "file"): "1 file", Counted(2, "directory"): "2 directories",
		Counted(0, "match"): "0 matches", Counted(3, "day"): "3 days",
	} {
		if shown != expected {
			t.Errorf("expected %s, but was %s", expected, shown)
		}
	}
}
