YW

node_PlaceholderPlaceholder

node_ReadFileReadFile

node_IdentityIdentity