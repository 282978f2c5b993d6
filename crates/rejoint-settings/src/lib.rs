//! Connection and store settings of DataJoint 0.x and 2.x from their files, secrets and environment.
