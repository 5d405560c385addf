"""Files of every format ever written: they must be readable for ever."""
