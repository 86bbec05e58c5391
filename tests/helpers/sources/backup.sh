#!/usr/bin/env bash
# Copies folders into dated archives and forgets old ones.
set -euo pipefail

readonly KEEP=7
target=${BACKUP_TARGET:-/var/backups}
declare -A sizes=()

log() {
  local level=$1
  shift
  printf '%s [%s] %s\n' "$(date +%FT%T)" "$level" "$*" >&2
}

usage() {
  cat <<TEXT
usage: backup.sh [-n] FOLDER...
  -n  say what would be done
TEXT
  exit 2
}

# The name of today's archive of a folder.
function archive_name {
  local folder=$1
  echo "$target/$(basename "$folder")-$(date +%F).tar.gz"
}

pack() {
  local folder=$1 archive
  archive=$(archive_name "$folder")
  if [[ -e $archive ]]; then
    log INFO "there already: $archive"
    return
  fi
  tar -czf "$archive.part" -C "$(dirname "$folder")" "$(basename "$folder")"
  mv "$archive.part" "$archive"
  sizes[$folder]=$(stat -c %s "$archive")
}

forget_old() {
  local name=$1 count=0 archive
  while read -r archive; do
    count=$((count + 1))
    if ((count > KEEP)); then
      rm -- "$archive"
      log INFO "removed $archive"
    fi
  done < <(ls -1t "$target/$name"-*.tar.gz 2>/dev/null)
}

report() {
  local folder
  for folder in "${!sizes[@]}"; do
    printf '%12d  %s\n' "${sizes[$folder]}" "$folder"
  done | sort -rn
}

dry=false
while getopts "n" option; do
  case $option in
    n) dry=true ;;
    *) usage ;;
  esac
done
shift $((OPTIND - 1))
[[ $# -gt 0 ]] || usage

for folder in "$@"; do
  if $dry; then
    archive_name "$folder"
    continue
  fi
  pack "$folder"
  forget_old "$(basename "$folder")"
done
report
