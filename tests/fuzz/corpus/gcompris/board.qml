import QtQuick 2
QtObject {
 // "tab": [
 property var tab: [
 {"title": qsTr("Stupa"), "text": "x \"y\" \u00e9", "text2": qsTr("a" + "b"), "image2": "$resource/a.webp"},
 { /* c */ "title": 'q' }
 ]
}
