package gonogo

// Parameters of these types carry authority: whoever writes one into gonogo.toml grants it to that job.
type (
	// Readable is a file, or a directory and all below it, that the check may read. Relative to the project; `${VARIABLE}` is put in by the host.
	Readable string
	// Writable is a directory in which the check may have a probe file written.
	Writable string
	// Scratch is a directory that the host makes for this job and removes after it; the job's commands may fill it.
	Scratch string
	// Program is a program that the check may look up: a name, or a path.
	Program string
	// Variable is an environment variable whose presence and length the check may see, and whose value it may match.
	Variable string
	// Revealed is an environment variable whose value the check may see.
	Revealed string
	// Endpoint is a server that remote tables may be read from: `https://data.example`, `http://127.0.0.1:9000`.
	Endpoint string
	// Processes says whether the arguments of running processes may be searched.
	Processes bool
	// Command is a command that the check may run, word for word.
	Command []string
)

func granting(kind string) object {
	return object{{"type", "string"}, {"minLength", 1}, {"x-gonogo-grant", kind}}
}

func (Readable) schema() object { return granting("read") }
func (Writable) schema() object { return granting("write") }
func (Scratch) schema() object  { return granting("scratch") }
func (Program) schema() object  { return granting("program") }
func (Variable) schema() object { return granting("variable") }
func (Revealed) schema() object { return granting("reveal") }
func (Endpoint) schema() object { return granting("endpoint") }

func (Processes) schema() object {
	return object{{"type", "boolean"}, {"x-gonogo-grant", "processes"}}
}

func (Command) schema() object {
	return object{{"type", "array"}, {"items", object{{"type", "string"}}}, {"minItems", 1}, {"x-gonogo-grant", "command"}}
}
