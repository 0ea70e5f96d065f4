"""What a model's test says: the model card, its grade, and the gate between challenger and champion."""
