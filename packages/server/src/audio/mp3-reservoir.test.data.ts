/**
 * An MP3 stream whose frames lie partly in those before them (the bit reservoir), in base64: 1200 ms of a tone of 1000 Hz,
 * made with sox 14.4.2 (`synth 1.2 sine 1000 vol 0.5`, 16 bit, 16 kHz) and lame 3.100 (`-t -b 24 -m m`).
 */

/** MPEG-2 layer III, mono at 16 kHz, 24 kbit/s, in frames of 108 bytes. */
export const mp3Reservoir = bytesOf(
  "//M4xAAUoLKkF0PAABmTcAGBgYGBgYGLdAgAAAAAAIjhwMDAwMDd8KSURh/H8nGRlnzUo1GBQE6HcllJSHBOD4P8MfKB/g4c7/OaAf4Edz/RwQB8Py4EBDQD/R//B8H1AhAgAAE+Ea8J" +
  "8J74//M4xAwXgY6kD42oAFpBJfFJB8QNyvwwKBgABgYCMoGyAjhEqgxgYRKoMYAGEAGDcIpISkIW/8ho5o5pNEWIt/+Yl0mTIvF5H//LpdSLxeRBVn+WCoKiI8Gv/ywVDRb///5kO4Qc" +
  "LFGUOAAD//M4xA0WUMYsAc34AABcAaMAtAUjARQCEwIoClMEGCJTDvBTsxTaZXOHIKfTJ8BmMwqoDdMBqAgjBNQRAwHUAUMAFAEzARgDUHACKGQCADpHj////9vf//oVi+7XJ0OR57dc" +
  "I8cIVazf8i3///M4xBIKiJYgAABuHKNul1bftQip/EnRp9NSlz77K7E/ys1e1arRS2/3Zn9gjxwgy1mQxgxS72Id0uar093c7vs2rs16WZn0c72UG6Ftzh+iqmrPX8+R/uqEeOEGWs1d" +
  "T1Xnt2zIIbcwbXT9//M4xEYLEJYgAAguaNJ27UqldWTy1/lqtvfRr9Xa2ny5ftlnKt26wjxwgy1mr9UWr9G6snqwPqP87knDz2ccKszgT9mplet3TV3qFvQmTEFNRTMuMTAwqqqqqqqq" +
  "qqqqqnWX+WC79Gvwjxwg//M4xHgKoJYgAAgu4MtZvV1NTs+ptWT7TPOr1usGL2+r7u36cWe5qv1KXUxBTUUzLjEwMFVVVVVVVVVVVVVVVVVVVVVVVVVVVVVVVVVVVVVVVVVVVVVVVVVV" +
  "VVVVFXzkRJwEd8/2lQnxwgy1//M4xKwLsJogAAhuHJrdyXfXeLr+R2+5ynZzTPWVxa/Z/dJtdpR7+ldFCkxBTUUzLjEwMKqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqq" +
  "qqqqqqqqqqqqqnJ01T/7d9QR44QZ//M4xMkKKJogAAhuHGs39nl9ibrmoax6eLy2pPfQ/ZsCbqf8l2U+u13KVUxBTUUzLjEwMFVVVVVVVVVVVVVVVVVVVVVVVVVVVVVVVVVVVVVVVVVV" +
  "VVVVVVVVVVVVVVVVVVXn/+wN+fhHjhBl//M4xM0LGJogAAhuHKzL09LE0Lrdmvml+/1jk425DfudI/e6L+yjM/ut1ExBTUUzLjEwMKqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqq" +
  "qqqqqqqqqqqqqqqqqinlS/L58+EeOEGWs1jn//M4xMkKCJYgAAguKORWM+nU5jrhlsdZRwC2r/uV2Wzn2WFL+7Uy94vlqkxBTUUzLjEwMKqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqq" +
  "qqqqqqqqqqqqqqqqqqqqqqqq/LPwlxwgy1m+erZd//M4xMgJ+JYgAAgu4Byez90ijejIt2oZxKl/ZlrFZVcy9b9EyineqiixdUxBTUUzLjEwMFVVVVVVVVVVVVVVVVVVVVVVVVVVVVVV" +
  "VVVVVVVVVVVVVVVVVVVVVVVVVVVVVVX/7+W+EeOEGWs1//M4xMwK0JogAABuODo98lsM0u6Wzd9KaU12ubXrcz9j3i+sz6PK/v1oMkxBTUUzLjEwMKqqqqqqqqqqqqqqqqqqqqqqqqqq" +
  "qqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqql93/7fhHjhBlrN99//M4xMoKWJYgAAgucErZu7O9y97IgevcleS4vXz5lUCkrBej1+mY6a6ghUxBTUUzLjEwMFVVVVVVVVVVVVVVVVVVVVVV" +
  "VVVVVVVVVVVVVVVVVVVVVVVVVVVVVVVVfnyrKVluv3rCPHCFWs1D//M4xMgJ+JogAAguxH9ietAtIWC9ydvuRk0uSqt3P0Ksp90bb7PuRWrbWkxBTUUzLjEwMKqqqqqqqqqqqqqqqqqq" +
  "qqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqn7/+T/bwjxwgy1m//M4xMoKaJogAAguSH/37+ZS7mt60TC1dcUU5lFcq/K7H2f996VPnm9ldUxBTUUzLjEwMFVVVVVVVVVVVVVV" +
  "VVVVVVVVVVVVVVVVVVVVVVVVVVVVVVVVVVVVeb/0qJ5c6fvCPHCDLWZvoTUS//M4xM0LKJYgAAhuHHrh1CFZShnN/vMNt0Ht3mj+P3ePZI0m2Sx3R0JVWkxBTUUzLjEwMKqqqqqqqqqq" +
  "qqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqp9/+5PPCPHCFWs32te//M4xMkKGJogAAgu4JFamdLo3uTQZ6/SM+iSy8xR0o2p2W/NHFUbYeic1UxBTUUzLjEwMFVVVVVV" +
  "VVVVVVVVVVVVVVVVVVVVVVVVVVVVVVVVVVVVVVVVVVVVVVVVVVXWfsu763/CPHCDLWbl//M4xNAL6JogAAhuHL3069Fa0+1NqPdmH13RLs66a1Ppt89UhiDW2EXdCkxBTUUzLjEwMKqq" +
  "qqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqpZ5/+9tCPHCDLWa//M4xMsKqJYgAAguxNfduVVPYfoFdv67SH96OtrMsx/rjiXi/92p6tbr10xBTUUzLjEw" +
  "MFVVVVVVVVVVVVVVVVVVVVVVVVVVVVVVVVVVVVVVVVVVVVVVVVVVVVVVVVVVVZcssuX/KjCPHCDL//M4xMsKmJYgAABuHFm9WBTy0+LfpH+gtH+tdWWn6a11ziNabmK9/Qq7ekxBTUUz" +
  "LjEwMKqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqKW+uPlt1b8I8cIMtZjii//M4xMkKOJogAAguxPu06f4hd2LLIW3ehLf20e41GJXlOKhK7xhO3F9HrkxB" +
  "TUUzLjEwMKqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqfvK/y/ac36gjxwgy1mVe//M4xMkKKJYgAABuOO5Ff7+R0DOTOfe1Ndp2vQhf6rd0k9/WkXR0K0q1" +
  "1UxBTUUzLjEwMFVVVVVVVVVVVVVVVVVVVVVVVVVVVVVVVVVVVVVVVVVVVVVVVVVVVVWX2yftfLOfYJ8cIMtZvuak//M4xM0LMJYgAAguoHarFaHI7x/AdVl6dFy7VsceV96P9kX39N7K" +
  "moKBdUxBTUUzLjEwMFVVVVVVVVVVVVVVVVVVVVVVVVVVVVVVVVVVVVVVVVVVVVVVVVVVVVXK/+Ryb2eucsI8cIMtZlsc//M4xM0LCJYgAAhuHOey9NU4neKop1VfSY2+rDiLW5LYnKaL" +
  "U3rR0btbVUxBTUUzLjEwMFVVVVVVVVVVVVVVVVVVVVVVVVVVVVVVVVVVVVVVVVVVVVVVVVVVVVVVVVVVBJ3//hHjhBlrMx1R//M4xM4LYJogAABuHK2HPoWxHooakDv3FvK7uj7tdeXo" +
  "evq++aZc1hWpCkxBTUUzLjEwMKqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqq99T/7X+EeOEG//M4xM4LUJYgAAhuHFrMKUzYohtfmsgU0+Z/Ziv1" +
  "Wq2s6Unv9r/ehzJjqkxBTUUzLjEwMKqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqt/w77bq7eEe//M4xMoKWJYgAABuhDhBlrM5K677N2ixn9P9" +
  "zUfoejvXbsnOsUalmn1bqkxBTUUzLjEwMKqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqP+vIikpSfrhH//M4xMcJsJYgAAguKI4Qq1mJ439vem9d" +
  "qdH9S9LPd6Fv3o+3dXxRCPxtFUxBTUUzLjEwMFVVVVVVVVVVVVVVVVVVVVVVVVVVVVVVVVVVVVVVVVVVVVVVVVVVVVVVVf/dv4R44QZazdQ46iWo//M4xMYJgJYgAAguoLaM26ntfj8V" +
  "2Lt2pWq65DUzUUN3uvUtH35iBNOkgkxBTUUzLjEwMKqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqM18vxy6k8I8cIMtZoH+t//M4xMcJmJYgAABuHFfQ7bQi" +
  "1tVH9FTdbKA8ZluQcz/Fl7nolkIRo6J9dUxBTUUzLjEwMFVVVVVVVVVVVVVVVVVVVVVVVVVVVVVVVVVVVVVVVVVVVVVVVVVVVVVVVVUiPqpfgaq4R44QZazb//M4xMwK6JogAAgubCQu" +
  "YR0x6UNK7vXi9oStt1d32+mb+Oz8+rQh93tMKqUpSBR5E16Zu/V6vZ7P2OPhOFsG4AaDEVvMAPAFwqAAGADAHRgSQFMYBoAkmBThB5iY41mYhvVCm8ODWZgwwpwY//M4xM0LGJYgAABu" +
  "VIiBKhgyQK0YDkBamBrgQZgMICyYAaAPBgBYIgARCFa9+kpKSxnSYczp6en7qvb7csUljDdJY5nXp7fdU4+AAMgDIePAx8AAIgDk4/MfoAZAPHn5r0GeAfHfm/zLADs1//M4xMsKiJYg" +
  "AAguxPM/BT2N/fZ/HO//3VJNEAIIQyGhxYAhiGKVDf0YTstqe/Azk3NIb38MP5OSl/WU//yt2x189h3SUCVMkd//4ZO48MP5YQWZ1KYdjP///KXLtSOkziT/P9MxmM////zn//M4xP8q" +
  "6UooAU/4AeEvzzllampqtLS5f////hYl9PbllJYl9NKqtLS1qamx//////p7cspLEvp7cspLFPVxhFQWEV////HgCMeAIx4CSCorhuJMQU1FMy4xMDCqqqqqqqqqqqqqqqqqqqqq//M4" +
  "xLImOhq5nY/IA6qqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqq" +
  "//M4xHgAAANIAcAAAKqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqq" +
  "qqqq",
);

function bytesOf(base64: string): Uint8Array {
  return new Uint8Array(Buffer.from(base64, "base64"));
}
