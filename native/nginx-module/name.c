#include "name.h"

int name_copy(char to[NAME_LENGTH + 1], const char *from, size_t length)
{
    char before = '.';
    if (length == 0 || length > NAME_LENGTH) return 0;
    for (size_t i = 0; i < length; i++) {
        char c = from[i];
        if (c >= 'A' && c <= 'Z') c = (char)(c - 'A' + 'a');
        int letter = (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9');
        if (!letter && (before == '.' || (c != '-' && c != '.'))) return 0;
        if (c == '.' && before == '-') return 0;
        to[i] = before = c;
    }
    to[length] = '\0';
    return before != '.' && before != '-';
}
