//! Records of a forge: signed, moved, changed, cut off; and what the embedded ones prove later.
