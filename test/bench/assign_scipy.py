#!/usr/bin/python3
# SPDX-License-Identifier: PostgreSQL
"""Solve a dense file of assign_shapes by scipy's linear_sum_assignment.

Prints milliseconds and the objective.
"""
import sys
import time

import numpy
from scipy.optimize import linear_sum_assignment

with open(sys.argv[1], 'rb') as file:
    tasks, workers, pairs = numpy.fromfile(file, numpy.int64, 3)
    numpy.fromfile(file, numpy.int32, workers)
    numpy.fromfile(file, numpy.int64, tasks)
    pair = numpy.fromfile(file, [('task', '<u4'), ('worker', '<u4'), ('cost', '<i8')], pairs)
cost = pair['cost'].reshape(tasks, workers).astype(float)
start = time.process_time()
row, column = linear_sum_assignment(cost)
spent = time.process_time() - start
print('%.3f %.0f' % (spent * 1000, cost[row, column].sum()))
