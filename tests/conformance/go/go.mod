module conformance

go 1.27

require gonogo v0.0.0

replace gonogo => ../../../sdk/go/gonogo
