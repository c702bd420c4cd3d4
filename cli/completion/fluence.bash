# Completion in bash: the command itself says what may follow.
_fluence() {
  local word=${COMP_WORDS[COMP_CWORD]} line ending
  local IFS=$'\n'
  COMPREPLY=()
  while read -r line; do
    case $line in
      :folders)
        compopt -o filenames
        COMPREPLY+=($(compgen -d -- "$word"))
        ;;
      :files*)
        compopt -o filenames
        ending=${line#:files}
        if [[ -n $ending ]]; then
          COMPREPLY+=($(compgen -f -X "!*.${ending# }" -- "$word") $(compgen -d -- "$word"))
        else
          COMPREPLY+=($(compgen -f -- "$word"))
        fi
        ;;
      *)
        COMPREPLY+=("${line%% *}")
        ;;
    esac
  done < <("$1" complete "${COMP_WORDS[@]:1:COMP_CWORD}" 2>/dev/null)
}
complete -F _fluence fluence
