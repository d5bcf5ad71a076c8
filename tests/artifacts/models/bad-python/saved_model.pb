DB

node_PlaceholderPlaceholder

node_EagerPyFuncEagerPyFunc