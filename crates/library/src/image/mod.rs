//! Images: looked at with limits before anything is believed, turned, stripped, and made smaller.
