// Package gonogo is for writing gonogo checks in Go.
//
// A check is a struct of parameters with tags, and a method Run that measures through the packages files, dataset, process, environment,
// system and clock, and says what it found in a [Report]. A plugin is a table of checks:
//
//	// Swap's parameters.
//	type Swap struct {
//		Maximum gonogo.Size `json:"maximum" default:"0 B" about:"Most swap space that there may be."`
//	}
//
//	var swap = gonogo.Check{
//		Name:          "swap",
//		Summary:       "Swap is off, or small",
//		Documentation: "A training process that swaps is as good as dead.",
//		Parameters:    Swap{},
//	}
//
//	func (s Swap) Run(r *gonogo.Report) error {
//		memory, err := system.Memory()
//		if err != nil {
//			return err
//		}
//		used, err := gonogo.Need[gonogo.Size](memory, "swap-total")
//		if err != nil {
//			return err
//		}
//		r.Fact("swap", used).Unit("B").Boundf("<= %d", s.Maximum)
//		r.Summaryf("%s of swap", used)
//		if used > s.Maximum {
//			r.NoGof("%s of swap, at most %s wanted", used, s.Maximum).Hint("swapoff -a")
//		}
//		return nil
//	}
//
//	var plugin = gonogo.Plugin{Version: "1.0.0", Summary: "Checks of our site", Checks: []gonogo.Check{swap}}
//
//	func init() { gonogo.Export(plugin) }
//	func main() {}
//
// An error that Run returns ends the check as unknown with that error's text, and so does a panic; what the report holds by then is kept.
// So `return err` is right wherever the check cannot judge without the answer.
//
// Natively the host functions answer from a case: package gonogotest runs a plugin's cases in plain `go test`.
package gonogo
