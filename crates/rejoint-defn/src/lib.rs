//! The definition language of DataJoint 0.x and 2.x: parse with positions, print.
