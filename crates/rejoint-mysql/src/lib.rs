//! MySQL and MariaDB: connection, catalog, rows by the binary protocol.
