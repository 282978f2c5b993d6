//! Object stores: addressing rules of DataJoint 0.x and 2.x, reading, checking, new objects.
