pub mod es256;
pub mod passwords;
pub mod sealing;
pub mod secrets;
pub mod signing;
pub mod throttle;
