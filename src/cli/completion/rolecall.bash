_rolecall() {
    local rest=${COMP_LINE:0:COMP_POINT} index word part candidate
    local -a words=()
    COMPREPLY=()
    for ((index = 0; index <= COMP_CWORD; index++)); do
        word=${COMP_WORDS[index]}
        part=${rest#"${rest%%[![:space:]]*}"}
        if ((index == COMP_CWORD)); then
            word=$part
        elif [[ ${part:0:${#word}} != "$word" ]]; then
            return
        fi
        if ((index > 0)) && [[ $part == "$rest" ]]; then
            words[${#words[@]} - 1]+=$word
        else
            words+=("$word")
        fi
        rest=${part:${#word}}
    done

    # Quotes as they stand around whole words; the last word may have only its first.
    local last=$((${#words[@]} - 1)) quote=
    for index in "${!words[@]}"; do
        word=${words[index]}
        if ((index == last)); then
            case $word in [\"\']*) quote=${word:0:1} word=${word:1} ;; esac
        else
            case $word in
                \"*\" | \'*\') word=${word:1:${#word} - 2} ;;
                *) word=${word//\\/} ;;
            esac
            case $word in "~" | "~/"*) word=$HOME${word:1} ;; esac
        fi
        words[index]=$word
    done
    local cut=$((${#words[last]} - ${#2}))
    ((cut >= 0)) || return
    if [[ -z $quote ]]; then
        words[last]=${words[last]//\\/}
    fi

    while IFS= read -r candidate; do
        candidate=${candidate:cut}
        if [[ -z $quote ]]; then
            printf -v candidate '%q' "$candidate"
            candidate=${candidate/#\\~/\~}
        fi
        COMPREPLY+=("$candidate")
    done < <(VARIABLE=bash COMPLETER -- "${words[@]}" 2> /dev/null)
    if [[ ${#COMPREPLY[@]} == 1 && ${COMPREPLY[0]} == */ ]]; then
        compopt -o nospace 2> /dev/null
    fi
}
complete -o nosort -F _rolecall BINARY 2> /dev/null || complete -F _rolecall BINARY
