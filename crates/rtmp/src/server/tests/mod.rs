mod commands;
mod hostile;
mod media;
mod rig;
