export const shells = ['bash', 'zsh', 'fish'] as const;
export type Shell = (typeof shells)[number];

/**
 * The script that teaches a shell to complete `netpol`. It asks `program` for each word, so that it never knows less than
 * the command line does: the words of the command, and an answer a line; `:files` where the name of a file may stand.
 */
export const completionScript = (shell: Shell, program: readonly string[]): string => {
  const quote = shell === 'fish' ? quoteForFish : quoteForShell;
  return scripts[shell](program.map(quote).join(' '));
};

const quoteForShell = (word: string): string => `'${word.replaceAll("'", String.raw`'\''`)}'`;
const quoteForFish = (word: string): string => `'${word.replaceAll(/[\\']/g, String.raw`\$&`)}'`;

const scripts: Readonly<Record<Shell, (program: string) => string>> = {
  bash: (program) => String.raw`# netpol in bash: source <(netpol completion bash)
_netpol() {
  local line=${'$'}{COMP_LINE:0:COMP_POINT} current prefix= answer
  local -a words
  read -ra words <<< "$line"
  [[ $line == *[[:space:]] ]] && words+=('')
  current=${'$'}{words[${'$'}{#words[@]} - 1]}
  # Bash replaces only what is behind the last of these signs.
  [[ $current == *[:=]* ]] && prefix=${'$'}{current%"${'$'}{current##*[:=]}"}
  COMPREPLY=()
  while IFS= read -r answer; do
    case $answer in
      :files) compopt -o default ;;
      */ | *:) compopt -o nospace && COMPREPLY+=("${'$'}{answer#"$prefix"}") ;;
      *) COMPREPLY+=("${'$'}{answer#"$prefix"}") ;;
    esac
  done < <(${program} "${'$'}{words[@]:1}" 2> /dev/null)
}
complete -F _netpol netpol`,
  zsh: (program) => String.raw`#compdef netpol
# netpol in zsh, behind compinit: source <(netpol completion zsh)
_netpol() {
  local answer files=
  local -a whole open
  while IFS= read -r answer; do
    case $answer in
      :files) files=yes ;;
      */ | *:) open+=("$answer") ;;
      *) whole+=("$answer") ;;
    esac
  done < <(${program} "${'$'}{(@)words[2,CURRENT-1]}" "$PREFIX" 2> /dev/null)
  (( $#open )) && compadd -S '' -a open
  (( $#whole )) && compadd -a whole
  [[ -n $files ]] && _files
  (( $#open + $#whole ))
}
if [[ $funcstack[1] == _netpol ]]; then _netpol "$@"; else compdef _netpol netpol; fi`,
  fish: (program) => String.raw`# netpol in fish: netpol completion fish | source
function __netpol_complete
  set -l words (commandline -opc)
  set -e words[1]
  set -l current (commandline -ct)
  for answer in (${program} $words "$current" 2> /dev/null)
    if test "$answer" = :files
      __fish_complete_path "$current"
    else
      echo $answer
    end
  end
end
complete -c netpol -f -a '(__netpol_complete)'`,
};
