nl

node_PlaceholderPlaceholder

node_MatMulMatMul

node_VarHandleOpVarHandleOp

	node_NoOpNoOp