//! DataJoint blobs.
