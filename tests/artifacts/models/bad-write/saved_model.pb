42


node_ConstConst

node_WriteFile	WriteFile