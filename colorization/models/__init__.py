"""Networks, one file each: functions that return a functional `keras.Model`."""
