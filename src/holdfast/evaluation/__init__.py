"""Evaluation of a trained model: model card, grade, and the gate between challenger and champion."""
