module {{name}}

go 1.27

require gonogo v0.0.0

// The SDK as this version of gonogo has it: nothing is fetched.
replace gonogo => ./sdk/go
