#!/bin/bash
# A Slurm array: each task takes one part of the table. sbatch slurm.sh MODEL IN.csv COLUMN OUT.csv
# When all have ended: onedge batch --merge --input IN.csv --output OUT.csv
#SBATCH --array=1-8
#SBATCH --cpus-per-task=4
set -euo pipefail
exec onedge batch "$1" --input "$2" --column "$3" --output "$4" --resume --shard "$SLURM_ARRAY_TASK_ID/$SLURM_ARRAY_TASK_COUNT" --threads "$SLURM_CPUS_PER_TASK"
