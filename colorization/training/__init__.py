"""What is trained and how: objectives, Keras models with their own steps, runs that resume."""
